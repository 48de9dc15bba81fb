usage() {
  cat <<'TEXT'
On the server, in the folder of a project: what ops/deploy.sh and ops/rollback.sh call by SSH.

  server.sh start KIND SERVICE IMAGE SECONDS PROXY [VARIABLE…]   releases an image, which
                                                           must be healthy after SECONDS
  server.sh revert KIND SERVICE IMAGE SECONDS PROXY [VARIABLE…]  goes back to an image and
                                                           forgets the later ones
  server.sh job JOB SERVICE IMAGE [VARIABLE…]               runs a migration or task to its end
  server.sh run SERVICE OVERLAP SECONDS TRIES               runs a cron now, as its schedule does
  server.sh schedule SERVICE CRON OVERLAP SECONDS TRIES     writes the line of the crontab
  server.sh unschedule SERVICE                              takes it away
  server.sh keep RESOURCE CRON DAYS COMMAND                 backs a resource up at its times, for so many days
  server.sh backup RESOURCE DAYS                            does it now, into backups/RESOURCE
  server.sh running|ready|version|previous|find …           what runs, and what ran before
  server.sh restart SERVICE                                 the same image anew, with what variables/ holds now
  server.sh put NAME                                        a variable of the file, from base64 on standard input
  server.sh make NAME                                       a password, unless there is one
  server.sh remove SERVICE

KIND is service or job; PROXY is the service that ends TLS, - for none. Variables lie in variables/, one file each; .env is made from them.
TEXT
}

PATH=$PATH:/usr/local/bin
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")"
project=${PWD##*/}
mkdir -p variables history

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

check_name() {
  [[ $1 =~ ^[A-Z][A-Z0-9_]*$ ]] || fail "\`$1\` is no name of a variable"
}

image_variable() {
  local upper=${1^^}
  printf 'IMAGE_%s\n' "${upper//-/_}"
}

# The variables of the file that take images.
image_variables() {
  grep -oE '\$\{IMAGE_[A-Z0-9_]+' compose.yaml | cut -c 3- | sort -u
}

# A file beside the old one, then a rename: nobody reads half of it.
write() {
  cat >"$1.new"
  mv -f "$1.new" "$1"
}

# One change at a time.
lock() {
  exec 9>.lock
  flock 9
}

# .env is made anew from the files in variables/, so that a value may hold anything but a backslash at its end.
write_env() {
  local file name value
  {
    for file in variables/*; do
      [[ -f $file && $file != *.new ]] || continue
      name=${file##*/}
      value=$(<"$file")
      printf "%s='%s'\n" "$name" "${value//\'/\\\'}"
    done
    # Compose reads the whole file for each service; what was never released has no image yet.
    while read -r name; do
      [[ -f variables/$name ]] || printf "%s='not-released'\n" "$name"
    done < <(image_variables)
  } | write .env
}

set_image() {
  printf '%s' "$2" | write "variables/$(image_variable "$1")"
  write_env
}

needs() {
  local name missing=()
  for name in "$@"; do
    [[ -s variables/$name ]] || missing+=("$name")
  done
  [[ ${#missing[@]} -eq 0 ]] || fail "these are not on the server yet: ${missing[*]}. The pipeline brings what it keeps, ops/bootstrap.sh the rest"
}

# The newest image of a service in the history.
latest() {
  [[ ! -f history/$1 ]] || tail -n 1 "history/$1"
}

containers() {
  docker ps --quiet --filter "label=com.docker.compose.project=$project" \
    --filter "label=com.docker.compose.service=$1" --filter "label=com.docker.compose.oneoff=$2"
}

# The image that runs; for a job the one that the next run takes. Several at a time are none that is known.
running() {
  local ids=() images
  if [[ $1 == job ]]; then
    latest "$2"
    return
  fi
  mapfile -t ids < <(containers "$2" False)
  [[ ${#ids[@]} -gt 0 ]] || return 0
  images=$(docker inspect --format '{{.Config.Image}}' "${ids[@]}" | sort -u)
  [[ $images == *$'\n'* ]] || printf '%s\n' "$images"
}

ready() {
  local ids=() id state
  if [[ $1 == job ]]; then
    [[ $(latest "$2") == "$3" ]]
    return
  fi
  mapfile -t ids < <(containers "$2" False)
  [[ ${#ids[@]} -gt 0 ]] || return 1
  for id in "${ids[@]}"; do
    state=$(docker inspect --format '{{.Config.Image}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}healthy{{end}}' "$id")
    [[ $state == "$3 running healthy" ]] || return 1
  done
}

# What serves when an image is taken out: the one before it, or the newest where it never got that far.
previous() {
  [[ -f history/$1 ]] || return 0
  awk -v image="${2:-}" '
    { line[NR] = $0 }
    END {
      if (NR == 0) exit
      if (image == "" || line[NR] == image) { if (NR > 1) print line[NR - 1] } else print line[NR]
    }' "history/$1"
}

find_image() {
  [[ -f history/$1 ]] || return 0
  awk -v wanted="$2" 'index($0, wanted) { found = $0 } END { if (found != "") print found }' "history/$1"
}

up() {
  local kind=$1 service=$2 seconds=$3 proxy=$4
  docker compose pull --quiet --policy missing "$service"
  if [[ $kind == service ]]; then
    docker compose up --detach --wait --wait-timeout "$seconds" --remove-orphans "$service"
  fi
  # Last, so that a domain never leads to what did not come up.
  if [[ $proxy != - ]]; then
    docker compose up --detach --no-deps "$proxy"
  fi
}

start() {
  local kind=$1 service=$2 image=$3 seconds=$4 proxy=$5
  shift 5
  needs "$@"
  set_image "$service" "$image"
  if [[ $(latest "$service") != "$image" ]]; then
    printf '%s\n' "$image" >>"history/$service"
  fi
  up "$kind" "$service" "$seconds" "$proxy"
}

revert() {
  local kind=$1 service=$2 image=$3 seconds=$4 proxy=$5
  shift 5
  needs "$@"
  awk -v image="$image" '{ line[NR] = $0 } $0 == image { last = NR } END { for (i = 1; i <= last; i++) print line[i] }' \
    "history/$service" | write "history/$service"
  if [[ $(latest "$service") != "$image" ]]; then
    printf '%s\n' "$image" >>"history/$service"
  fi
  set_image "$service" "$image"
  up "$kind" "$service" "$seconds" "$proxy"
}

job() {
  local job=$1 service=$2 image=$3 name
  shift 3
  needs "$@"
  write_env
  name=$(image_variable "$service")
  env "$name=$image" docker compose --profile jobs run --rm --no-TTY "$job" </dev/null
}

# As the schedule does it: one run after the other, at most so long, and again where it failed.
run_cron() {
  local service=$1 overlap=$2 seconds=$3 tries=$4 try ids=() limit=()
  case $overlap in
    forbid)
      exec 8>".lock-$service"
      if ! flock --nonblock 8; then
        echo "$service: the last run has not ended, so this one is left out"
        return
      fi
      ;;
    replace)
      mapfile -t ids < <(containers "$service" True)
      [[ ${#ids[@]} -eq 0 ]] || docker stop "${ids[@]}"
      ;;
  esac
  [[ $seconds == 0 ]] || limit=(timeout --kill-after=30 "$seconds")
  for ((try = 1; try <= tries; try++)); do
    if "${limit[@]}" docker compose --profile jobs run --rm --no-TTY "$service" </dev/null; then
      return
    fi
    echo "$service: run $try of $tries failed" >&2
  done
  return 1
}

# The user's crontab without a service.
other_crons() {
  crontab -l 2>/dev/null | grep -v -F "# $project $1 ." || true
}

schedule() {
  local service=$1 cron=$2 others
  others=$(other_crons "$service")
  {
    [[ -z $others ]] || printf '%s\n' "$others"
    printf '%s %s/server.sh run %s %s %s %s 2>&1 | logger -t %s-%s # %s %s .\n' \
      "$cron" "$PWD" "$service" "$3" "$4" "$5" "$project" "$service" "$project" "$service"
  } | crontab -
}

unschedule() {
  other_crons "$1" | crontab -
}

# The command lies in a file of its own, because a crontab reads some characters of its lines anew.
keep() {
  local resource=$1 cron=$2 days=$3 command=$4 others
  mkdir -p "backups/$resource"
  printf '%s\n' "$command" | write "backups/$resource.command"
  others=$(other_crons "backup-$resource")
  {
    [[ -z $others ]] || printf '%s\n' "$others"
    printf '%s %s/server.sh backup %s %s 2>&1 | logger -t %s-backup-%s # %s backup-%s .\n' \
      "$cron" "$PWD" "$resource" "$days" "$project" "$resource" "$project" "$resource"
  } | crontab -
}

# Whole or not at all; the last one stays, however old it is.
backup() {
  local resource=$1 days=$2 file
  mkdir -p "backups/$resource"
  file=backups/$resource/$(date --utc +%Y%m%dT%H%M%SZ)
  if ! docker compose exec --no-TTY "$resource" sh -c "$(<"backups/$resource.command")" </dev/null >"$file.new" || [[ ! -s $file.new ]]; then
    rm -f "$file.new"
    fail "$resource could not be backed up"
  fi
  mv -f "$file.new" "$file"
  find "backups/$resource" -type f -not -path "$file" -mtime "+$days" -delete
  echo "$resource is backed up in $PWD/$file"
}

restart() {
  write_env
  docker compose up --detach --wait --force-recreate --no-deps "$1"
}

remove() {
  unschedule "$1"
  docker compose --profile jobs rm --stop --force "$1"
}

put() {
  check_name "$1"
  local value
  value=$(base64 --decode)
  [[ $value != *\\ ]] || fail "$1 ends with a backslash, which .env cannot hold"
  printf '%s' "$value" | write "variables/$1"
}

make() {
  check_name "$1"
  if [[ ! -s variables/$1 ]]; then
    printf '%s-1A' "$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')" | write "variables/$1"
  fi
}

verb=${1:-help}
[[ $# -eq 0 ]] || shift
case $verb in
  running | ready | version | previous | find | run | backup) ;;
  help | -h | --help)
    usage
    exit 0
    ;;
  *) lock ;;
esac
case $verb in
  start) start "$@" ;;
  revert) revert "$@" ;;
  job) job "$@" ;;
  run) run_cron "$@" ;;
  schedule) schedule "$@" ;;
  unschedule) unschedule "$@" ;;
  keep) keep "$@" ;;
  backup) backup "$@" ;;
  running) running "$@" ;;
  ready) ready "$@" ;;
  version) [[ $(running service "$1") != "$2" && $(latest "$1") != "$2" ]] || printf '%s\n' "${2##*:}" ;;
  previous) previous "$@" ;;
  find) find_image "$@" ;;
  restart) restart "$@" ;;
  put) put "$@" ;;
  make) make "$@" ;;
  remove) remove "$@" ;;
  *)
    usage >&2
    exit 2
    ;;
esac
