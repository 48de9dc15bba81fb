say() {
  printf '%s\n' "$*" >&2
}

# On GitHub the message is shown beside the run, too.
fail() {
  if [[ ${GITHUB_ACTIONS:-} == true ]]; then
    printf '::error::%s\n' "$*"
  fi
  printf 'error: %s\n' "$*" >&2
  exit 1
}

need() {
  local tool
  for tool in "$@"; do
    if ! command -v "$tool" >/dev/null; then
      fail "$tool is not installed"
    fi
  done
}

# Runs a command, or prints it as it would be typed.
run() {
  if [[ ${dry_run:-no} == yes ]]; then
    local line
    printf -v line '%q ' "$@"
    printf '%s\n' "${line% }"
  else
    "$@"
  fi
}

commit() {
  printf '%s\n' "${GITHUB_SHA:-$(git rev-parse HEAD 2>/dev/null || echo unknown)}"
}

# Calls the function of the service's platform.
platform() {
  local verb=$1
  shift
  "${target_platform//-/_}_$verb" "$@"
}

check_image() {
  if [[ ! $1 =~ ^[a-z0-9.:/_-]+@sha256:[0-9a-f]{64}$ ]]; then
    fail "\`$1\` is no image with a digest: REGISTRY/PATH@sha256:…"
  fi
}

# 0: the query gives a series; 1: it gives none; 2: nobody answered.
holds() {
  local answer header=()
  if [[ -n ${PROMETHEUS_TOKEN:-} ]]; then
    header=(--header "Authorization: Bearer $PROMETHEUS_TOKEN")
  fi
  answer=$(curl --fail --silent --show-error --max-time 20 --get "${header[@]}" --data-urlencode "query=$1" "${PROMETHEUS_URL:-$prometheus}/api/v1/query") || return 2
  [[ $(jq '.data.result | length' <<<"$answer") -gt 0 ]]
}
