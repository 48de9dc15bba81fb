#!/usr/bin/env bash
# Made by deployc from deploy.kdl. Edit deploy.kdl and run `deployc build`.

set -euo pipefail

# Brings one service back to an earlier version.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# shellcheck source=ops/target.sh disable=SC1091
source "$here/target.sh"

dry_run=no
from=''
words=()

usage() {
  cat <<'EOF'
ops/rollback.sh [--dry-run] [--from IMAGE] ENVIRONMENT SERVICE [IMAGE|VERSION]

Gives all traffic to IMAGE or VERSION, else to the version that serves besides the one on its way, else to the one
before the version in service. With --from: to what serves when IMAGE is taken out. Verifies afterwards. The schema
stays as it is. --dry-run prints what changes anything instead of doing it. Previews need PULL_REQUEST.

0 done and verified; 1 failed, or there is no earlier version; 2 wrong usage.
EOF
}

while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --dry-run) dry_run=yes ;;
    --from)
      from=${2:?IMAGE is missing}
      shift
      ;;
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
if [[ -n $from ]]; then
  check_image "$from"
fi
select_target "$environment" "$service"
platform check
if [[ -n ${3:-} ]]; then
  version=$(platform find "$3")
  if [[ -z $version ]]; then
    fail "$environment/$service: the platform has no version $3"
  fi
else
  version=$(platform previous "$from")
  if [[ -z $version ]]; then
    fail "$environment/$service: no earlier version is there to go back to"
  fi
fi
say "$environment/$service goes back to $version; this takes ${target_rollback_seconds} seconds at most"
platform revert "$version"
target_schema
if [[ $dry_run == yes ]]; then
  printf 'ops/verify.sh %q %q\n' "$environment" "$service"
else
  bash "$here/verify.sh" "$environment" "$service"
  say "$environment/$service is back at $version"
fi
