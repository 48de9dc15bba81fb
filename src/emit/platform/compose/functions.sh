# Docker Compose on a server. What is asked and told goes by SSH to server.sh in the project's folder there, which has
# the file, the variables and the history of what was released.

compose_check() {
  need ssh tar base64
  if ! compose_there docker compose version --short >/dev/null; then
    fail "$compose_server does not answer by SSH, or its user cannot run docker compose"
  fi
}

# A command as one line for any shell on the other side.
compose_quoted() {
  local word line=''
  for word in "$@"; do
    line+=" '${word//\'/\'\\\'\'}'"
  done
  printf '%s\n' "${line# }"
}

compose_there() {
  ssh -o BatchMode=yes -o ConnectTimeout=20 "$compose_server" "$(compose_quoted "$@")"
}

# Asks server.sh; nothing where nothing was ever released.
compose_ask() {
  # shellcheck disable=SC2016 # the other side's shell expands it
  compose_there sh -c 'test ! -x "$1" || exec "$@"' sh "$compose_folder/server.sh" "$@" </dev/null
}

compose_tell() {
  run ssh -o BatchMode=yes -o ConnectTimeout=20 "$compose_server" "$(compose_quoted "$compose_folder/server.sh" "$@")"
}

# Sends the file of the environment, what it mounts, and server.sh.
compose_ship() {
  local files=()
  mapfile -t files <<<"$compose_files"
  if [[ ${dry_run:-no} == yes ]]; then
    printf 'copy to %s:%s:\n' "$compose_server" "$compose_folder"
    printf '  %s\n' "${files[@]}"
    return
  fi
  # shellcheck disable=SC2016 # the other side's shell expands it
  tar -cf - -- "${files[@]}" | compose_there sh -euc '
    umask 077
    mkdir -p "$1"
    cd "$1"
    tar -xf -
    [ "$2" = compose.yaml ] || mv -f "$2" compose.yaml
    mv -f deploy/compose/server.sh server.sh
    chmod 700 server.sh' sh "$compose_folder" "$compose_file"
}

# Tells the server what only this side knows; what is not set here stays as it is there.
compose_variables() {
  local name value
  for name in $compose_needs; do
    case $name in
      RELEASE_COMMIT_*) value=$(commit) ;;
      RELEASE_VERSION_*) value=${RELEASE_VERSION:-$(commit)} ;;
      *) value=${!name:-} ;;
    esac
    if [[ -n $value && ${dry_run:-no} == yes ]]; then
      compose_tell put "$name"
    elif [[ -n $value ]]; then
      printf '%s' "$value" | base64 | compose_tell put "$name"
    fi
  done
  for name in $compose_made; do
    compose_tell make "$name" </dev/null
  done
}

compose_digest() {
  local image
  image=$(compose_ask running "$compose_kind" "$service")
  if [[ -n $image ]]; then
    printf '%s\n' "${image##*@}"
  fi
}

compose_weight() {
  local image
  image=$(compose_ask running "$compose_kind" "$service")
  if [[ ${image##*@} == "${1#*@}" ]]; then
    echo 100
  else
    echo 0
  fi
}

# What a migration or task runs is the new image, before any service has it.
compose_job() {
  compose_ship
  compose_variables
  # shellcheck disable=SC2086 # names of variables are words
  compose_tell job "$1" "$service" "$2" $compose_needs $compose_made </dev/null
}

compose_start() {
  local resource cron days command
  compose_ship
  compose_variables
  # shellcheck disable=SC2086 # names of variables are words
  compose_tell start "$compose_kind" "$service" "$1" "$compose_wait" "$compose_proxy" $compose_needs $compose_made </dev/null
  while IFS=$'\t' read -r resource cron days command; do
    [[ -z $resource ]] || compose_tell keep "$resource" "$cron" "$days" "$command" </dev/null
  done <<<"$compose_backups"
  if [[ -n $compose_schedule ]]; then
    compose_tell schedule "$service" "$compose_schedule" "$compose_overlap" "$compose_timeout" "$compose_tries" </dev/null
  fi
}

compose_shift() {
  fail "$service: one machine has no traffic to share out"
}

# The container was replaced when it was started.
compose_promote() {
  :
}

compose_ready() {
  compose_ask ready "$compose_kind" "$service" "$1"
}

compose_url() {
  if [[ -n $compose_address ]]; then
    printf '%s\n' "$compose_address"
  fi
}

compose_version() {
  compose_ask version "$service" "$1"
}

compose_previous() {
  compose_ask previous "$service" "${1:-}"
}

compose_find() {
  compose_ask find "$service" "$1"
}

compose_revert() {
  # shellcheck disable=SC2086 # names of variables are words
  compose_tell revert "$compose_kind" "$service" "$1" "$compose_wait" "$compose_proxy" $compose_needs $compose_made </dev/null
}

compose_remove() {
  compose_tell remove "$service" </dev/null
}
