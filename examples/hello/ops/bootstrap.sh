#!/usr/bin/env bash
# Made by deployc from deploy.kdl. Edit deploy.kdl and run `deployc build`.

set -euo pipefail

# Makes what must exist before the first release.
shopt -s inherit_errexit

usage() {
  cat <<'EOF'
ops/bootstrap.sh [--check]

Makes what must exist before the first release: environments of the repository, the trust in its pipeline, accounts
with their rights, the image registry, resources and empty secrets. What is there already is left alone, so it can be
run again at any time. With --check it makes nothing and says what is missing.

Needs bash 4.4, jq, and gh and the platform's own tool, logged in as somebody who may do this.

0 all is there; 1 something is missing or could not be made; 2 wrong usage.
EOF
}

repository=acme/hello
check=no
missing=()
failed=()

case ${1:-} in
  '') ;;
  --check) check=yes ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
esac

for tool in gh jq; do
  if ! command -v "$tool" >/dev/null; then
    printf 'error: %s is not installed\n' "$tool" >&2
    exit 1
  fi
done

# The number stays with the repository when its name changes hands.
repository_id=
if [[ -n $repository ]]; then
  repository_id=$(gh api "repos/$repository" --jq .id)
fi
export repository repository_id

begin() {
  about=$1
  because=$2
}

is_there() {
  there >/dev/null 2>&1
}

ensure() {
  local state
  if is_there; then
    printf 'there    %s\n' "$about"
    return
  fi
  if [[ $check == yes ]]; then
    printf 'missing  %s\n         %s\n' "$about" "$because"
    missing+=("$about")
    return
  fi
  printf 'making   %s\n' "$about"
  # Not as a condition: inside of one a shell does not stop at the first failure.
  set +e
  (
    set -e
    make
  )
  state=$?
  set -e
  if [[ $state -ne 0 ]]; then
    printf 'FAILED   %s\n' "$about"
    failed+=("$about")
  fi
}

report() {
  if [[ ${#missing[@]} -eq 0 && ${#failed[@]} -eq 0 ]]; then
    printf 'All is there.\n'
    exit 0
  fi
  printf '%s missing, %s failed\n' "${#missing[@]}" "${#failed[@]}"
  exit 1
}

begin 'environment production of the repository' 'Its secrets and its trust belong to jobs of this environment alone.'
there() {
  gh api "repos/$repository/environments/production"
}
make() {
  gh api --silent --method PUT "repos/$repository/environments/production" \
    -F 'deployment_branch_policy[protected_branches]=false' \
    -F 'deployment_branch_policy[custom_branch_policies]=true'
}
ensure

begin 'rule of the environment production: branch main' 'No other branch or tag reaches its secrets.'
there() {
  [[ $(gh api "repos/$repository/environments/production/deployment-branch-policies" --jq '.branch_policies[] | [.type, .name] | join(" ")')$'\n' == *"branch main"$'\n'* ]]
}
make() {
  gh api --silent --method POST "repos/$repository/environments/production/deployment-branch-policies" -f name=main -f type=branch
}
ensure

begin 'API run.googleapis.com in acme-prod' 'Needed: services, worker pools and jobs.'
there() {
  [[ $(gcloud services list --enabled --project acme-prod --filter config.name=run.googleapis.com --format 'value(config.name)') == run.googleapis.com ]]
}
make() {
  gcloud services enable run.googleapis.com --project acme-prod
}
ensure

begin 'API artifactregistry.googleapis.com in acme-prod' 'Needed: images.'
there() {
  [[ $(gcloud services list --enabled --project acme-prod --filter config.name=artifactregistry.googleapis.com --format 'value(config.name)') == artifactregistry.googleapis.com ]]
}
make() {
  gcloud services enable artifactregistry.googleapis.com --project acme-prod
}
ensure

begin 'API iamcredentials.googleapis.com in acme-prod' "Needed: the workflow's short-lived credential."
there() {
  [[ $(gcloud services list --enabled --project acme-prod --filter config.name=iamcredentials.googleapis.com --format 'value(config.name)') == iamcredentials.googleapis.com ]]
}
make() {
  gcloud services enable iamcredentials.googleapis.com --project acme-prod
}
ensure

begin 'API sts.googleapis.com in acme-prod' "Needed: the workflow's identity is exchanged for a credential."
there() {
  [[ $(gcloud services list --enabled --project acme-prod --filter config.name=sts.googleapis.com --format 'value(config.name)') == sts.googleapis.com ]]
}
make() {
  gcloud services enable sts.googleapis.com --project acme-prod
}
ensure

begin 'API monitoring.googleapis.com in acme-prod' 'Needed: platform metrics.'
there() {
  [[ $(gcloud services list --enabled --project acme-prod --filter config.name=monitoring.googleapis.com --format 'value(config.name)') == monitoring.googleapis.com ]]
}
make() {
  gcloud services enable monitoring.googleapis.com --project acme-prod
}
ensure

begin 'identity pool github in acme-prod' 'It holds the identities of the pipeline, so that no key is kept.'
there() {
  gcloud iam workload-identity-pools describe github --project acme-prod --location global
}
make() {
  gcloud iam workload-identity-pools create github --project acme-prod --location global --display-name GitHub
}
ensure

begin 'identity provider github in acme-prod' 'It accepts the tokens of this repository alone, by its number.'
there() {
  [[ $(gcloud iam workload-identity-pools providers describe github --project acme-prod --location global --workload-identity-pool github --format 'value(attributeCondition)') == *"'$repository_id'"* ]]
}
make() {
  gcloud iam workload-identity-pools providers create-oidc github --project acme-prod --location global --workload-identity-pool github --issuer-uri https://token.actions.githubusercontent.com --attribute-mapping "google.subject=assertion.sub,attribute.repository_id=assertion.repository_id,attribute.place=has(assertion.environment) ? 'environment/' + assertion.environment : assertion.ref" --attribute-condition "assertion.repository_id == '$repository_id'"
}
ensure

begin 'variable GCP_WORKLOAD_IDENTITY_PROVIDER of the environment production' "The pipeline's login reads the provider's full name from it."
there() {
  gh variable get GCP_WORKLOAD_IDENTITY_PROVIDER --repo "$repository" --env production
}
make() {
  gh variable set GCP_WORKLOAD_IDENTITY_PROVIDER --repo "$repository" --env production --body "$(gcloud iam workload-identity-pools providers describe github --project acme-prod --location global --workload-identity-pool github --format 'value(name)')"
}
ensure

begin 'variable GCP_BUILD_IDENTITY_PROVIDER of the repository' "The pipeline's login reads the provider's full name from it."
there() {
  gh variable get GCP_BUILD_IDENTITY_PROVIDER --repo "$repository"
}
make() {
  gh variable set GCP_BUILD_IDENTITY_PROVIDER --repo "$repository" --body "$(gcloud iam workload-identity-pools providers describe github --project acme-prod --location global --workload-identity-pool github --format 'value(name)')"
}
ensure

begin 'image repository hello in acme-prod' 'Images are pushed to it once and run everywhere.'
there() {
  gcloud artifacts repositories describe hello --project acme-prod --location europe-west1
}
make() {
  gcloud artifacts repositories create hello --project acme-prod --location europe-west1 --repository-format docker --description Images
}
ensure

begin 'service account hello-deploy-production in acme-prod' 'The pipeline deploys as it, and as nobody else.'
there() {
  gcloud iam service-accounts describe hello-deploy-production@acme-prod.iam.gserviceaccount.com --project acme-prod
}
make() {
  gcloud iam service-accounts create hello-deploy-production --project acme-prod
}
ensure

begin 'right of environment/production to act as hello-deploy-production' "Only jobs that GitHub started for this place take the account's credentials."
there() {
  [[ $(gcloud iam service-accounts get-iam-policy hello-deploy-production@acme-prod.iam.gserviceaccount.com --project acme-prod --format json) == *'/attribute.place/environment/production"'* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding hello-deploy-production@acme-prod.iam.gserviceaccount.com --project acme-prod --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/$(gcloud iam workload-identity-pools describe github --project acme-prod --location global --format 'value(name)')/attribute.place/environment/production"
}
ensure

begin 'service account hello-build in acme-prod' 'The pipeline pushes images as it, and may do nothing else.'
there() {
  gcloud iam service-accounts describe hello-build@acme-prod.iam.gserviceaccount.com --project acme-prod
}
make() {
  gcloud iam service-accounts create hello-build --project acme-prod
}
ensure

begin 'right of refs/heads/main to act as hello-build' "Only jobs that GitHub started for this place take the account's credentials."
there() {
  [[ $(gcloud iam service-accounts get-iam-policy hello-build@acme-prod.iam.gserviceaccount.com --project acme-prod --format json) == *'/attribute.place/refs/heads/main"'* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding hello-build@acme-prod.iam.gserviceaccount.com --project acme-prod --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/$(gcloud iam workload-identity-pools describe github --project acme-prod --location global --format 'value(name)')/attribute.place/refs/heads/main"
}
ensure

begin 'service account hello-production-api in acme-prod' 'The service api runs as it.'
there() {
  gcloud iam service-accounts describe hello-production-api@acme-prod.iam.gserviceaccount.com --project acme-prod
}
make() {
  gcloud iam service-accounts create hello-production-api --project acme-prod
}
ensure

begin 'roles/run.developer of hello-deploy-production on acme-prod' 'It replaces services, worker pools and jobs, and moves traffic.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-prod --flatten 'bindings[].members' --filter "bindings.role=roles/run.developer AND bindings.members=serviceAccount:hello-deploy-production@acme-prod.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-prod --member serviceAccount:hello-deploy-production@acme-prod.iam.gserviceaccount.com --role roles/run.developer --condition None
}
ensure

begin 'roles/artifactregistry.writer of hello-build on hello' 'It pushes images.'
there() {
  [[ $(gcloud artifacts repositories get-iam-policy hello --project acme-prod --location europe-west1 --format json) == *"serviceAccount:hello-build@acme-prod.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud artifacts repositories add-iam-policy-binding hello --project acme-prod --location europe-west1 --member serviceAccount:hello-build@acme-prod.iam.gserviceaccount.com --role roles/artifactregistry.writer
}
ensure

begin 'roles/iam.serviceAccountUser of hello-deploy-production on hello-production-api' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy hello-production-api@acme-prod.iam.gserviceaccount.com --project acme-prod --format json) == *"serviceAccount:hello-deploy-production@acme-prod.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding hello-production-api@acme-prod.iam.gserviceaccount.com --project acme-prod --member serviceAccount:hello-deploy-production@acme-prod.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'rule of the branch main: the check ci must be green' 'Nothing reaches the branch that its tests and scans have not seen.'
there() {
  [[ -n $(gh api "repos/$repository/rulesets" --jq '.[] | select(.name == "ci") | .id') ]]
}
make() {
  gh api --silent --method POST "repos/$repository/rulesets" --input - <<'EOF'
{
  "name": "ci",
  "target": "branch",
  "enforcement": "active",
  "conditions": {"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
  "rules": [
    {"type": "deletion"},
    {"type": "non_fast_forward"},
    {
      "type": "required_status_checks",
      "parameters": {
        "strict_required_status_checks_policy": false,
        "required_status_checks": [{"context": "ci"}]
      }
    }
  ]
}
EOF
}
ensure

report
