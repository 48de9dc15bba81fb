#!/usr/bin/env bash
# Made by deployc from deploy.kdl. Edit deploy.kdl and run `deployc build`.

set -euo pipefail

# Read by the scripts beside it; not run by itself. It needs bash 4.4.
shopt -s inherit_errexit

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

# Sets the variables that tell where a service runs; anything else is an error with the list of what there is.
# shellcheck disable=SC2034 # the scripts beside this one read them
select_target() {
  target_environment=$1
  target_ephemeral=no
  target_jobs=()
  prometheus=''
  cloud_run_schedule=''
  cloud_run_scheduler=''
  cloud_run_secrets=''
  cloud_run_variables=''
  case "$1/$2" in
    production/api)
      target_platform=cloud-run
      target_steps=(
        start
        verify
        finish
      )
      target_rollback_seconds=60
      cloud_run_kind=service
      cloud_run_name=hello-production-api
      cloud_run_project=acme-prod
      cloud_run_region=europe-west1
      cloud_run_file=deploy/cloud-run/production/api.yaml
      cloud_run_public=no
      ;;
    *)
      say 'These can be released: production api.'
      fail "$1 has no service $2 that these scripts release"
      ;;
  esac
}

# What `ops/verify.sh` looks at.
# shellcheck disable=SC2154 # the script that calls this says which
target_checks() {
  case "$environment/$service" in
    production/api)
      check_get health api /healthz 2xx 5
      ;;
    *)
      say "$service answers no requests: what its platform says counts"
      ;;
  esac
}

# Adds a condition that takes a version back. Each query gives a series exactly while it holds of this version.
condition() {
  condition_text+=("$1")
  condition_query+=("${2//{version\}/$version}")
  condition_enough+=("${3//{version\}/$version}")
}

# shellcheck disable=SC2034,SC2154 # the script that calls this says which, and reads them
target_conditions() {
  local version=$1
  condition_text=()
  condition_query=()
  condition_enough=()
  interval=60
  case "$environment/$service" in
    *)
      :
      ;;
  esac
}

# Says what going back leaves as it is.
# shellcheck disable=SC2154 # the script that calls this says which
target_schema() {
  case "$environment/$service" in
    *)
      :
      ;;
  esac
}

# Cloud Run. What is asked and told goes through gcloud; what runs, with how much traffic, is read from the platform.

cloud_run_check() {
  need gcloud curl git jq
  cloud_run_read
}

# Reads what the platform has: `null` where there is nothing yet. Any other answer is a failure, so that a lost
# connection never looks like a first release.
cloud_run_read() {
  local problem
  problem=$(mktemp)
  if cloud_run_state=$(gcloud run "${cloud_run_kind}s" describe "$cloud_run_name" --project "$cloud_run_project" --region "$cloud_run_region" --format json 2>"$problem"); then
    rm -f "$problem"
  elif grep -qiE 'cannot find|could not be found|not_found' "$problem"; then
    rm -f "$problem"
    cloud_run_state=null
  else
    cat "$problem" >&2
    rm -f "$problem"
    return 1
  fi
  cloud_run_known=$(cloud_run_listed)
  cloud_run_read_of=$cloud_run_name
}

# What was read stays until something is changed or another workload is looked at: each question is a slow one.
cloud_run_versions() {
  if [[ ${cloud_run_read_of:-} != "$cloud_run_name" ]]; then
    cloud_run_read
  fi
  printf '%s\n' "$cloud_run_known"
}

cloud_run_revisions() {
  if [[ $cloud_run_kind == worker-pool ]]; then
    gcloud run worker-pools revisions list --worker-pool "$cloud_run_name" --project "$cloud_run_project" --region "$cloud_run_region" --format json
  else
    gcloud run revisions list --service "$cloud_run_name" --project "$cloud_run_project" --region "$cloud_run_region" --format json
  fi
}

# One line per version, the newest first: name, digest, ready (True, False, Unknown), percent, tag, the version before.
# `-` stands for nothing. A job has one version, its image.
cloud_run_listed() {
  local revisions
  if [[ $cloud_run_state == null ]]; then
    return
  fi
  if [[ $cloud_run_kind == job ]]; then
    jq --raw-output '
      .spec.template.spec.template.spec.containers[0].image as $image
      | ([.status.conditions[]? | select(.type == "Ready") | .status] | first // "Unknown") as $ready
      | [$image, ($image | split("@")[1] // "-"), $ready, "100", "-",
         ((.metadata.annotations.previous // "") | if . == "" then "-" else . end)]
      | join(" ")' <<<"$cloud_run_state"
    return
  fi
  revisions=$(cloud_run_revisions)
  jq --raw-output --argjson state "$cloud_run_state" '
    [($state.status.traffic // $state.status.instanceSplits // [])[]
      | .revisionName = (.revisionName // $state.status.latestReadyRevisionName)] as $shares
    | sort_by(.metadata.creationTimestamp) | reverse | .[]
    | .metadata.name as $name
    | ([.status.imageDigest, .spec.containers[0].image] | map(select(. != null and contains("@"))) | first // "") as $image
    | ([.status.conditions[]? | select(.type == "Ready") | .status] | first // "Unknown") as $ready
    | ([$shares[] | select(.revisionName == $name) | .percent // 0] | add // 0) as $percent
    | ([$shares[] | select(.revisionName == $name) | .tag // empty] | first // "-") as $tag
    | [$name, ($image | split("@")[1] // "-"), $ready, ($percent | tostring), $tag,
       ((.metadata.annotations.previous // "") | if . == "" then "-" else . end)]
    | join(" ")' <<<"$revisions"
}

# The line of the version that runs an image: the newest, or one that has traffic.
cloud_run_line() {
  cloud_run_versions | awk -v digest="${1#*@}" '!found && $2 == digest && (NR == 1 || $4 > 0) { found = 1; print }'
}

# Of lines on standard input, the name of the version that serves: what is on its way only where nothing else does.
cloud_run_serving() {
  awk '$4 > 0 && $5 != "next" && $4 >= most { most = $4; name = $1 }
    $4 > 0 && $5 == "next" { coming = $1 }
    END { if (name == "") name = coming; if (name != "") print name }'
}

cloud_run_digest() {
  local versions serving
  versions=$(cloud_run_versions)
  serving=$(cloud_run_serving <<<"$versions")
  awk -v name="$serving" 'name != "" && $1 == name { print $2 }' <<<"$versions"
}

cloud_run_weight() {
  local line
  line=$(cloud_run_line "$1")
  if [[ -z $line ]]; then
    echo 0
  else
    awk '{ print $4 }' <<<"$line"
  fi
}

cloud_run_ready() {
  local line
  line=$(cloud_run_line "$1")
  [[ -n $line && $(awk '{ print $3 }' <<<"$line") == True ]]
}

cloud_run_version() {
  cloud_run_line "$1" | awk '{ print $1 }'
}

# Nothing where only the platform's own network reaches it.
cloud_run_url() {
  local line
  if [[ $cloud_run_kind != service || $cloud_run_public == no ]]; then
    return
  fi
  if [[ ${cloud_run_read_of:-} != "$cloud_run_name" ]]; then
    cloud_run_read
  fi
  if [[ -n ${1:-} ]]; then
    line=$(cloud_run_line "$1")
    if [[ $(awk '{ print ($5 == "next") }' <<<"$line") == 1 ]]; then
      jq --raw-output '[.status.traffic[] | select(.tag == "next") | .url] | first // empty' <<<"$cloud_run_state"
      return
    fi
  fi
  jq --raw-output '.status.url // empty' <<<"$cloud_run_state"
}

cloud_run_previous() {
  local versions line
  versions=$(cloud_run_versions)
  if [[ -n ${1:-} ]]; then
    line=$(awk -v digest="${1#*@}" '!found && $2 == digest && (NR == 1 || $4 > 0) { found = 1; print }' <<<"$versions")
  else
    line=$(awk '$5 == "next"' <<<"$versions")
    if [[ -z $line ]]; then
      line=$(awk -v name="$(cloud_run_serving <<<"$versions")" 'name != "" && $1 == name' <<<"$versions")
    fi
  fi
  # While others have traffic, the greatest of them serves; afterwards the version remembers what it replaced.
  awk -v name="${line%% *}" '$1 != name && $4 > 0 && $4 >= most { most = $4; other = $1 }
    $1 == name && $6 != "-" { before = $6 }
    END { if (other == "") other = before; if (other != "") print other }' <<<"$versions"
}

cloud_run_find() {
  if [[ $cloud_run_kind == job ]]; then
    echo "$1"
  elif [[ $1 == *@* ]]; then
    cloud_run_versions | awk -v digest="${1#*@}" '!found && $2 == digest && $3 == "True" { found = 1; print $1 }'
  else
    cloud_run_versions | awk -v name="$1" '$1 == name { print $1 }'
  fi
}

# Puts a value into the place of ${NAME}, escaped as a quoted YAML text wants it.
cloud_run_fill() {
  local token="\${$2}" value
  value=$(jq --null-input --raw-output --arg value "$3" '$value | tojson | .[1:-1]')
  printf '%s\n' "${1//"$token"/"$value"}"
}

# An image as Cloud Run can pull it: what lies elsewhere comes through a remote repository of Artifact Registry.
cloud_run_pulled() {
  local host=${1%%/*}
  case $host in
    *.pkg.dev | gcr.io | *.gcr.io | docker.io) echo "$1" ;;
    *.* | *:*) echo "$cloud_run_region-docker.pkg.dev/$cloud_run_project/${host//[.:]/-}/${1#*/}" ;;
    *) echo "$1" ;;
  esac
}

# A committed file with what is only known now: everything but the name of the revision and the version before.
cloud_run_filled() {
  local text name number
  text=$(<"$1")
  text=$(cloud_run_fill "$text" IMAGE "$(cloud_run_pulled "$2")")
  if [[ $text == *"\${PULL_REQUEST}"* ]]; then
    text=$(cloud_run_fill "$text" PULL_REQUEST "${PULL_REQUEST:?}")
  fi
  if [[ $text == *"\${PROJECT_NUMBER}"* ]]; then
    number=$(gcloud projects describe "$cloud_run_project" --format 'value(projectNumber)')
    text=$(cloud_run_fill "$text" PROJECT_NUMBER "$number")
  fi
  if [[ $text == *"\${RELEASE_COMMIT}"* ]]; then
    text=$(cloud_run_fill "$text" RELEASE_COMMIT "$(commit)")
  fi
  if [[ $text == *"\${RELEASE_VERSION}"* ]]; then
    text=$(cloud_run_fill "$text" RELEASE_VERSION "${RELEASE_VERSION:-$(commit)}")
  fi
  for name in $cloud_run_variables; do
    text=$(cloud_run_fill "$text" "$name" "${!name:?is a variable of the pipeline that this service needs}")
  done
  printf '%s\n' "$text"
}

# The last that is filled in: none of it changes what runs.
cloud_run_finished() {
  local text=$1
  text=$(cloud_run_fill "$text" REVISION "$2")
  text=$(cloud_run_fill "$text" SERVING "$3")
  text=$(cloud_run_fill "$text" PREVIOUS "$4")
  text=$(cloud_run_fill "$text" COMMIT "$(commit)")
  cloud_run_fill "$text" DOLLAR '$'
}

cloud_run_replace() {
  local kind=$1 file failed=no
  file=$(mktemp)
  printf '%s\n' "$2" >"$file"
  # A worker pool takes its region from the label in its file; the command has no flag for it.
  if [[ $kind == worker-pool ]]; then
    run gcloud run worker-pools replace "$file" --project "$cloud_run_project" --quiet || failed=yes
  else
    run gcloud run "${kind}s" replace "$file" --project "$cloud_run_project" --region "$cloud_run_region" --quiet || failed=yes
  fi
  rm -f "$file"
  cloud_run_read_of=
  [[ $failed == no ]]
}

cloud_run_start() {
  cloud_run_write_secrets
  if [[ $cloud_run_kind == job ]]; then
    cloud_run_start_job "$1"
  else
    cloud_run_start_version "$1"
  fi
}

cloud_run_start_version() {
  local text base versions name digest ready percent tag before serving attempt=1 number=0
  text=$(cloud_run_filled "$cloud_run_file" "$1")
  base=$cloud_run_name-$(git hash-object --stdin <<<"$text" | cut -c 1-10)
  versions=$(cloud_run_versions)
  while read -r name digest ready percent tag before; do
    number=$((number + 1))
    if [[ $name != "$base" && $name != "$base"-[0-9]* ]]; then
      continue
    fi
    attempt=$((attempt + 1))
    # An older version of the same content has another one before it, so it is made anew.
    if [[ $number -gt 1 && $percent == 0 && $tag != next ]]; then
      continue
    fi
    if [[ $ready == Unknown ]]; then
      ready=$(cloud_run_settled "$name")
    fi
    if [[ $ready == True ]]; then
      say "$name is up already (${digest:0:19}…, $percent% of traffic, after $before)"
      return
    fi
    say "$name did not come up; it is tried again"
  done <<<"$versions"
  name=$base
  if [[ $attempt -gt 1 ]]; then
    name=$base-$attempt
  fi
  serving=$(cloud_run_serving <<<"$versions")
  if [[ -z $serving ]]; then
    say "$cloud_run_name runs nowhere yet: the first version gets all traffic"
  fi
  cloud_run_replace "$cloud_run_kind" "$(cloud_run_finished "$text" "${name#"$cloud_run_name"-}" "${serving:-$name}" "$serving")"
}

# Whether a version that was still starting came up: True or False.
cloud_run_settled() {
  local ready=Unknown waited=0
  while [[ $ready == Unknown && $waited -lt 600 ]]; do
    sleep 5
    waited=$((waited + 5))
    cloud_run_read
    ready=$(cloud_run_versions | awk -v name="$1" '$1 == name { print $3 }')
  done
  echo "$ready"
}

cloud_run_start_job() {
  local text now before
  text=$(cloud_run_filled "$cloud_run_file" "$1")
  now=$(cloud_run_versions)
  before=$(awk '$1 != "" { print $1 }' <<<"$now")
  # The same image again keeps what it replaced.
  if [[ ${before#*@} == "${1#*@}" ]]; then
    before=$(awk '$6 != "-" { print $6 }' <<<"$now")
  fi
  cloud_run_replace job "$(cloud_run_finished "$text" - - "$before")"
  if [[ -n $cloud_run_schedule ]]; then
    cloud_run_schedule_job
  fi
}

cloud_run_schedule_job() {
  local do=create
  if gcloud scheduler jobs describe "$cloud_run_name" --project "$cloud_run_project" --location "$cloud_run_region" >/dev/null 2>&1; then
    do=update
  fi
  run gcloud scheduler jobs "$do" http "$cloud_run_name" --project "$cloud_run_project" --location "$cloud_run_region" \
    --schedule "$cloud_run_schedule" --time-zone Etc/UTC --http-method POST \
    --uri "https://run.googleapis.com/v2/projects/$cloud_run_project/locations/$cloud_run_region/jobs/$cloud_run_name:run" \
    --oauth-service-account-email "$cloud_run_scheduler"
}

# The name in the text of a file.
cloud_run_job_name() {
  local name
  name=$(sed -n 's/^  name: //p' <<<"$1")
  name=${name%%$'\n'*}
  printf '%s\n' "${name//\"/}"
}

# Runs a job of deploy/cloud-run/ENVIRONMENT with an image and waits for its end; its failure is ours.
cloud_run_job() {
  local text
  cloud_run_write_secrets
  text=$(cloud_run_filled "deploy/cloud-run/$target_environment/$1.yaml" "$2")
  text=$(cloud_run_finished "$text" - - '')
  cloud_run_replace job "$text"
  run gcloud run jobs execute "$(cloud_run_job_name "$text")" --project "$cloud_run_project" --region "$cloud_run_region" --wait
}

cloud_run_shift() {
  local version serving weight
  version=$(cloud_run_version "$1")
  if [[ -z $version ]]; then
    fail "$cloud_run_name has no version of $1: start it first"
  fi
  weight=$(cloud_run_weight "$1")
  if [[ $weight -ge $2 ]]; then
    say "$version has $weight% of traffic already"
    return
  fi
  serving=$(cloud_run_previous "$1")
  if [[ -z $serving ]]; then
    fail "$version has $weight% of traffic, and nothing has the rest"
  fi
  run gcloud run services update-traffic "$cloud_run_name" --project "$cloud_run_project" --region "$cloud_run_region" --quiet \
    --to-revisions "$version=$2,$serving=$((100 - $2))"
  cloud_run_read_of=
}

cloud_run_promote() {
  local line
  line=$(cloud_run_line "$1")
  if [[ -z $line ]]; then
    fail "$cloud_run_name has no version of $1: start it first"
  fi
  if [[ $(awk '{ print ($4 == 100 && $5 != "next") }' <<<"$line") == 1 ]]; then
    say "${line%% *} has all traffic already"
  else
    cloud_run_all_traffic "${line%% *}"
  fi
}

cloud_run_revert() {
  if [[ $cloud_run_kind == job ]]; then
    cloud_run_start_job "$1"
  else
    cloud_run_all_traffic "$1"
  fi
}

# Named revisions only: with `--to-latest` a later release would take traffic before anything has looked at it.
cloud_run_all_traffic() {
  local versions
  versions=$(cloud_run_versions)
  if [[ $cloud_run_kind == worker-pool ]]; then
    run gcloud run worker-pools update-instance-split "$cloud_run_name" --project "$cloud_run_project" --region "$cloud_run_region" --quiet \
      --to-revisions "$1=100"
  elif awk '$5 == "next" { tagged = 1 } END { exit !tagged }' <<<"$versions"; then
    run gcloud run services update-traffic "$cloud_run_name" --project "$cloud_run_project" --region "$cloud_run_region" --quiet \
      --to-revisions "$1=100" --remove-tags next
  else
    run gcloud run services update-traffic "$cloud_run_name" --project "$cloud_run_project" --region "$cloud_run_region" --quiet \
      --to-revisions "$1=100"
  fi
  cloud_run_read_of=
}

# Secrets that the pipeline keeps and the service reads: a new version only where the value differs.
cloud_run_write_secrets() {
  local pair secret variable
  for pair in $cloud_run_secrets; do
    secret=${pair%%=*}
    variable=${pair#*=}
    if [[ -z ${!variable:-} ]]; then
      say "$variable is not set: the secret $secret stays as it is"
    elif [[ $(gcloud secrets versions access latest --secret "$secret" --project "$cloud_run_project" 2>/dev/null) != "${!variable}" ]]; then
      printf '%s' "${!variable}" | run gcloud secrets versions add "$secret" --project "$cloud_run_project" --data-file -
    fi
  done
}

cloud_run_remove() {
  local job name
  for job in "${target_jobs[@]}"; do
    name=$(cloud_run_job_name "$(cloud_run_fill "$(<"deploy/cloud-run/$target_environment/$job.yaml")" PULL_REQUEST "${PULL_REQUEST:?}")")
    if gcloud run jobs describe "$name" --project "$cloud_run_project" --region "$cloud_run_region" >/dev/null 2>&1; then
      run gcloud run jobs delete "$name" --project "$cloud_run_project" --region "$cloud_run_region" --quiet
    fi
  done
  if [[ $cloud_run_state == null ]]; then
    say "$cloud_run_name is gone already"
    return
  fi
  if [[ -n $cloud_run_schedule ]]; then
    run gcloud scheduler jobs delete "$cloud_run_name" --project "$cloud_run_project" --location "$cloud_run_region" --quiet
  fi
  run gcloud run "${cloud_run_kind}s" delete "$cloud_run_name" --project "$cloud_run_project" --region "$cloud_run_region" --quiet
}
