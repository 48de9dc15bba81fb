#!/usr/bin/env bash
# Made by deployc from deploy.kdl. Edit deploy.kdl and run `deployc build`.

set -euo pipefail

# Looks whether one service is well.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# shellcheck source=ops/target.sh disable=SC1091
source "$here/target.sh"

digest_only=no
words=()

usage() {
  cat <<'EOF'
ops/verify.sh ENVIRONMENT SERVICE [IMAGE]
ops/verify.sh --digest ENVIRONMENT SERVICE

Health and the checks of the strategy: of IMAGE, at its own address while it does not have all traffic, else of what
is in service. With --digest it prints the digest that is in service and nothing else. Changes nothing. Previews need
PULL_REQUEST.

0 well; 1 not well; 2 wrong usage.
EOF
}

# One request, repeated for a moment: a new instance may be starting.
check_get() {
  local name=$1 other=$2 path=$3 status=$4 seconds=$5 url got try
  if [[ $other == "$service" ]]; then
    url=$(platform url "$image")
  else
    url=$(
      select_target "$environment" "$other"
      platform url
    )
  fi
  if [[ -z $url ]]; then
    say "$name: $other cannot be reached from here; the checks of its platform count"
    return
  fi
  for try in 1 2 3 4 5; do
    got=$(curl --silent --show-error --output /dev/null --max-time "$seconds" --write-out '%{http_code}' "$url$path" || true)
    if [[ $got == "$status" || ($status == 2xx && $got =~ ^[23]..$) ]]; then
      say "$name: $url$path answers $got"
      return
    fi
    if [[ $try -lt 5 ]]; then
      sleep 3
    fi
  done
  fail "$name: $url$path answers ${got:-nothing}, not $status, within $seconds s"
}

# A command of the project in its folder, with the address of the version in URL.
check_run() {
  local name=$1 folder=$2 command=$3 url
  url=$(platform url "$image")
  say "$name: $command"
  if ! (cd "$folder" && URL=$url bash -euo pipefail -c "$command"); then
    fail "$name: \`$command\` failed"
  fi
}

while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --digest) digest_only=yes ;;
    -*)
      usage >&2
      exit 2
      ;;
    *) words+=("$1") ;;
  esac
  shift
done
set -- "${words[@]}"
if [[ $# -lt 2 || $# -gt 3 ]]; then
  usage >&2
  exit 2
fi
environment=$1
service=$2
image=${3:-}
if [[ -n $image ]]; then
  check_image "$image"
fi
select_target "$environment" "$service"
platform check
if [[ $digest_only == yes ]]; then
  platform digest
  exit 0
fi
digest=$(platform digest)
if [[ -z $digest ]]; then
  fail "$environment/$service runs nothing"
fi
if [[ -n $image ]]; then
  if ! platform ready "$image"; then
    fail "$environment/$service: the platform does not call $image ready"
  fi
  if [[ $(platform weight "$image") -eq 100 && $digest != "${image#*@}" ]]; then
    fail "$environment/$service runs $digest, and ${image#*@} was meant"
  fi
fi
target_checks
say "$environment/$service is well (${digest:0:19}… is in service)"
