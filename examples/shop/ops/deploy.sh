#!/usr/bin/env bash
# Made by deployc from deploy.kdl. Edit deploy.kdl and run `deployc build`.

set -euo pipefail

# Releases one service, in one go or step by step.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."
# shellcheck source=ops/target.sh disable=SC1091
source "$here/target.sh"

dry_run=no
remove=no
words=()

usage() {
  cat <<'EOF'
ops/deploy.sh [--dry-run] ENVIRONMENT SERVICE IMAGE [STEP [ARGUMENT…]]
ops/deploy.sh --remove PREVIEW SERVICE

Releases IMAGE (REGISTRY/PATH@sha256:…). Without STEP all steps of the service run in order, and whatever fails takes
the version back and ends with 1. What has been done is read from the platform: the same command again continues.

  migrate                    runs the migrations and release tasks of the service, with IMAGE
  start                      brings the version up; without traffic, where the strategy moves traffic
  shift WEIGHT               gives it so many percent of traffic, if it has less
  watch SECONDS [WEIGHT]     looks at the rollback conditions; 1 as soon as one of them holds
  promote                    gives it all traffic
  verify                     health and the checks of the strategy
  finish                     1 unless IMAGE is in service with all traffic

--dry-run prints what changes anything instead of doing it. Previews need PULL_REQUEST; their services are taken down
with --remove. Measurements: PROMETHEUS_URL and PROMETHEUS_TOKEN, where the declared address is not the one to ask.

0 done; 1 failed; 2 wrong usage.
EOF
}

migrate() {
  local job
  for job in "${target_jobs[@]}"; do
    say "$job runs with $image"
    platform job "$job" "$image"
  done
}

start() {
  platform start "$image"
  if [[ $dry_run == no ]] && ! platform ready "$image"; then
    fail "$environment/$service: the platform does not call $image ready"
  fi
}

shift_to() {
  if [[ ! $1 =~ ^[0-9]+$ || $1 -lt 1 || $1 -gt 100 ]]; then
    fail "shift takes a weight from 1 to 100, not \`$1\`"
  fi
  platform shift "$image" "$1"
}

# A query looks back as long as its condition must hold, and counts once the version has had the minimum sample.
watch() {
  local seconds=$1 weight=${2:-100} version start now answered heard=no index state few=() holding
  if [[ $weight -lt 100 && $(platform weight "$image") -gt $weight ]]; then
    say "$environment/$service: $image is past $weight% already"
    return
  fi
  version=$(platform version "$image")
  if [[ -z $version ]]; then
    fail "$environment/$service: no version of $image is there to be watched"
  fi
  target_conditions "$version"
  if [[ ${#condition_query[@]} -eq 0 ]]; then
    say "$environment/$service has no rollback conditions"
    return
  fi
  if [[ $dry_run == yes ]]; then
    printf 'watch %s for %s s\n' "$version" "$seconds"
    printf '  taken back when: %s\n' "${condition_text[@]}"
    return
  fi
  start=$(date +%s)
  answered=$start
  while true; do
    now=$(date +%s)
    few=()
    for index in "${!condition_query[@]}"; do
      state=0
      if [[ -n ${condition_enough[index]} ]]; then
        holds "${condition_enough[index]}" || state=$?
      fi
      if [[ $state -eq 1 ]]; then
        answered=$now
        heard=yes
        few+=("${condition_text[index]}")
      elif [[ $state -eq 0 ]]; then
        holding=0
        holds "${condition_query[index]}" || holding=$?
        if [[ $holding -ne 2 ]]; then
          answered=$now
          heard=yes
        fi
        if [[ $holding -eq 0 ]]; then
          fail "$environment/$service: $version must go: ${condition_text[index]}"
        fi
      fi
    done
    if [[ $((now - answered)) -ge 300 || ($heard == no && $((now - start)) -ge $seconds) ]]; then
      fail "$environment/$service: measurements do not answer, so nobody can say whether $version is well"
    fi
    if [[ $((now - start)) -ge $seconds ]]; then
      break
    fi
    sleep "$((seconds - (now - start) < interval ? seconds - (now - start) : interval))"
  done
  for index in "${few[@]}"; do
    say "warning: not judged, because $version has had too few requests: $index"
  done
}

verify() {
  if [[ $dry_run == yes ]]; then
    printf 'ops/verify.sh %q %q %q\n' "$environment" "$service" "$image"
  else
    bash "$here/verify.sh" "$environment" "$service" "$image"
  fi
}

# Red where the platform itself went back to another version, or somebody else has released meanwhile.
finish() {
  local digest weight
  if [[ $dry_run == yes ]]; then
    return
  fi
  digest=$(platform digest)
  weight=$(platform weight "$image")
  if [[ $digest != "${image#*@}" || $weight -ne 100 ]]; then
    fail "$environment/$service runs ${digest:-nothing}, and ${image#*@} was meant (it has $weight% of traffic)"
  fi
  say "$environment/$service runs $digest"
}

step() {
  local name=$1
  shift
  case $name in
    migrate) migrate ;;
    start) start ;;
    shift) shift_to "${1:-}" ;;
    watch) watch "${1:?SECONDS is missing}" "${2:-}" ;;
    promote) platform promote "$image" ;;
    verify) verify ;;
    finish) finish ;;
    *) fail "no step is called \`$name\`: migrate, start, shift, watch, promote, verify or finish" ;;
  esac
}

# Everything in order; whatever fails takes the new version back. Each step is a process of its own, because a shell
# does not stop at the first failure inside of a condition.
rollout() {
  local one flags=()
  if [[ $dry_run == yes ]]; then
    flags=(--dry-run)
  fi
  for one in "${target_steps[@]}"; do
    say "--- $environment/$service: $one"
    # shellcheck disable=SC2086 # a step and its arguments are words
    if ! bash "$here/deploy.sh" "${flags[@]}" "$environment" "$service" "$image" $one; then
      say "$environment/$service: \`$one\` failed"
      bash "$here/rollback.sh" "${flags[@]}" --from "$image" "$environment" "$service" || say 'the rollback failed, too: see the runbook'
      exit 1
    fi
  done
}

while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --dry-run) dry_run=yes ;;
    --remove) remove=yes ;;
    --) ;;
    -*)
      usage >&2
      exit 2
      ;;
    *) words+=("$1") ;;
  esac
  shift
done
set -- "${words[@]}"
if [[ $remove == yes && $# -eq 2 ]]; then
  select_target "$1" "$2"
  if [[ $target_ephemeral == no ]]; then
    fail "$1 is no preview: only previews are removed"
  fi
  platform check
  platform remove
  exit 0
fi
if [[ $# -lt 3 ]]; then
  usage >&2
  exit 2
fi
environment=$1
service=$2
image=$3
shift 3
check_image "$image"
select_target "$environment" "$service"
platform check
if [[ $# -gt 0 ]]; then
  step "$@"
else
  rollout
fi
