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

repository=acme/shop
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

by_hand() {
  if is_there; then
    printf 'there    %s\n' "$about"
  else
    printf 'by hand  %s\n         %s\n' "$about" "$because"
    missing+=("$about")
  fi
}

begin 'environment preview of the repository' 'Its secrets and its trust belong to jobs of this environment alone.'
there() {
  gh api "repos/$repository/environments/preview"
}
make() {
  gh api --silent --method PUT "repos/$repository/environments/preview" \
    -F deployment_branch_policy=null
}
ensure

begin 'API run.googleapis.com in acme-shop-staging' 'Needed: services, worker pools and jobs.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=run.googleapis.com --format 'value(config.name)') == run.googleapis.com ]]
}
make() {
  gcloud services enable run.googleapis.com --project acme-shop-staging
}
ensure

begin 'API artifactregistry.googleapis.com in acme-shop-staging' 'Needed: images.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=artifactregistry.googleapis.com --format 'value(config.name)') == artifactregistry.googleapis.com ]]
}
make() {
  gcloud services enable artifactregistry.googleapis.com --project acme-shop-staging
}
ensure

begin 'API iamcredentials.googleapis.com in acme-shop-staging' "Needed: the workflow's short-lived credential."
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=iamcredentials.googleapis.com --format 'value(config.name)') == iamcredentials.googleapis.com ]]
}
make() {
  gcloud services enable iamcredentials.googleapis.com --project acme-shop-staging
}
ensure

begin 'API sts.googleapis.com in acme-shop-staging' "Needed: the workflow's identity is exchanged for a credential."
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=sts.googleapis.com --format 'value(config.name)') == sts.googleapis.com ]]
}
make() {
  gcloud services enable sts.googleapis.com --project acme-shop-staging
}
ensure

begin 'API secretmanager.googleapis.com in acme-shop-staging' 'Needed: secrets.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=secretmanager.googleapis.com --format 'value(config.name)') == secretmanager.googleapis.com ]]
}
make() {
  gcloud services enable secretmanager.googleapis.com --project acme-shop-staging
}
ensure

begin 'API sqladmin.googleapis.com in acme-shop-staging' 'Needed: Cloud SQL.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=sqladmin.googleapis.com --format 'value(config.name)') == sqladmin.googleapis.com ]]
}
make() {
  gcloud services enable sqladmin.googleapis.com --project acme-shop-staging
}
ensure

begin 'API monitoring.googleapis.com in acme-shop-staging' 'Needed: platform metrics.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=monitoring.googleapis.com --format 'value(config.name)') == monitoring.googleapis.com ]]
}
make() {
  gcloud services enable monitoring.googleapis.com --project acme-shop-staging
}
ensure

begin 'API compute.googleapis.com in acme-shop-staging' 'It is needed for the network between services and resources.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=compute.googleapis.com --format 'value(config.name)') == compute.googleapis.com ]]
}
make() {
  gcloud services enable compute.googleapis.com --project acme-shop-staging
}
ensure

begin 'API dns.googleapis.com in acme-shop-staging' 'It is needed so that internal services are found inside of the network.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=dns.googleapis.com --format 'value(config.name)') == dns.googleapis.com ]]
}
make() {
  gcloud services enable dns.googleapis.com --project acme-shop-staging
}
ensure

begin 'identity pool github in acme-shop-staging' 'It holds the identities of the pipeline, so that no key is kept.'
there() {
  gcloud iam workload-identity-pools describe github --project acme-shop-staging --location global
}
make() {
  gcloud iam workload-identity-pools create github --project acme-shop-staging --location global --display-name GitHub
}
ensure

begin 'identity provider github in acme-shop-staging' 'It accepts the tokens of this repository alone, by its number.'
there() {
  [[ $(gcloud iam workload-identity-pools providers describe github --project acme-shop-staging --location global --workload-identity-pool github --format 'value(attributeCondition)') == *"'$repository_id'"* ]]
}
make() {
  gcloud iam workload-identity-pools providers create-oidc github --project acme-shop-staging --location global --workload-identity-pool github --issuer-uri https://token.actions.githubusercontent.com --attribute-mapping "google.subject=assertion.sub,attribute.repository_id=assertion.repository_id,attribute.place=has(assertion.environment) ? 'environment/' + assertion.environment : assertion.ref" --attribute-condition "assertion.repository_id == '$repository_id'"
}
ensure

begin 'variable GCP_WORKLOAD_IDENTITY_PROVIDER of the environment preview' "The pipeline's login reads the provider's full name from it."
there() {
  gh variable get GCP_WORKLOAD_IDENTITY_PROVIDER --repo "$repository" --env preview
}
make() {
  gh variable set GCP_WORKLOAD_IDENTITY_PROVIDER --repo "$repository" --env preview --body "$(gcloud iam workload-identity-pools providers describe github --project acme-shop-staging --location global --workload-identity-pool github --format 'value(name)')"
}
ensure

begin 'service account shop-deploy-preview in acme-shop-staging' 'The pipeline deploys as it, and as nobody else.'
there() {
  gcloud iam service-accounts describe shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-deploy-preview --project acme-shop-staging
}
ensure

begin 'right of environment/preview to act as shop-deploy-preview' "Only jobs that GitHub started for this place take the account's credentials."
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *'/attribute.place/environment/preview"'* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/$(gcloud iam workload-identity-pools describe github --project acme-shop-staging --location global --format 'value(name)')/attribute.place/environment/preview"
}
ensure

begin 'service account shop-preview-web in acme-shop-staging' 'The service web runs as it.'
there() {
  gcloud iam service-accounts describe shop-preview-web@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-preview-web --project acme-shop-staging
}
ensure

begin 'service account shop-preview-api in acme-shop-staging' 'The service api runs as it.'
there() {
  gcloud iam service-accounts describe shop-preview-api@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-preview-api --project acme-shop-staging
}
ensure

begin 'service account shop-preview-worker in acme-shop-staging' 'The service worker runs as it.'
there() {
  gcloud iam service-accounts describe shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-preview-worker --project acme-shop-staging
}
ensure

begin 'service account shop-preview-seed in acme-shop-staging' 'The task seed runs as it.'
there() {
  gcloud iam service-accounts describe shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-preview-seed --project acme-shop-staging
}
ensure

begin 'private access to Google in europe-west1 of acme-shop-staging' 'Requests to internal services stay inside of the network.'
there() {
  [[ $(gcloud compute networks subnets describe default --project acme-shop-staging --region europe-west1 --format 'value(privateIpGoogleAccess)') == True ]]
}
make() {
  gcloud compute networks subnets update default --project acme-shop-staging --region europe-west1 --enable-private-ip-google-access
}
ensure

begin 'Cloud SQL for PostgreSQL orders, instance for preview' 'Services use it as orders.'
there() {
  gcloud sql instances describe shop-preview-orders --project acme-shop-staging
}
make() {
  gcloud sql instances create shop-preview-orders --project acme-shop-staging --region europe-west1 --database-version POSTGRES_16 --edition enterprise --tier db-g1-small --storage-auto-increase --availability-type zonal --storage-size 50 --backup-start-time 02:00 --retained-backups-count 30
}
ensure

begin 'Cloud SQL for PostgreSQL orders, database for preview' 'Services use it as orders.'
there() {
  gcloud sql databases describe orders --project acme-shop-staging --instance shop-preview-orders
}
make() {
  gcloud sql databases create orders --project acme-shop-staging --instance shop-preview-orders
}
ensure

begin 'Cloud SQL for PostgreSQL orders, user for preview' 'Services use it as orders.'
there() {
  gcloud sql users describe app --project acme-shop-staging --instance shop-preview-orders
}
make() {
  PASSWORD=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
  gcloud sql users create app --project acme-shop-staging --instance shop-preview-orders --password "$PASSWORD"
  gcloud secrets describe shop-preview-orders-url --project acme-shop-staging >/dev/null 2>&1 || gcloud secrets create shop-preview-orders-url --project acme-shop-staging --replication-policy automatic
  printf '%s' "postgresql://app:$PASSWORD@/orders?host=/cloudsql/acme-shop-staging:europe-west1:shop-preview-orders" | gcloud secrets versions add shop-preview-orders-url --project acme-shop-staging --data-file -
}
ensure

begin 'Memorystore for Redis queue, instance for preview' 'Services use it as queue.'
there() {
  gcloud redis instances describe shop-preview-queue --project acme-shop-staging --region europe-west1
}
make() {
  gcloud redis instances create shop-preview-queue --project acme-shop-staging --region europe-west1 --tier basic --redis-version redis_7_2 --enable-auth
}
ensure

begin 'secret shop-preview-orders-url in acme-shop-staging' 'Services read it when they start.'
there() {
  gcloud secrets describe shop-preview-orders-url --project acme-shop-staging
}
make() {
  gcloud secrets create shop-preview-orders-url --project acme-shop-staging --replication-policy automatic
}
ensure

begin 'value of the secret shop-preview-orders-url in acme-shop-staging' 'Put it in without writing it anywhere: gcloud secrets versions add shop-preview-orders-url --project acme-shop-staging --data-file -'
there() {
  gcloud secrets versions describe latest --secret shop-preview-orders-url --project acme-shop-staging
}
by_hand

begin 'secret shop-preview-queue-url in acme-shop-staging' 'Services read it when they start.'
there() {
  gcloud secrets describe shop-preview-queue-url --project acme-shop-staging
}
make() {
  gcloud secrets create shop-preview-queue-url --project acme-shop-staging --replication-policy automatic
}
ensure

begin 'value of the secret shop-preview-queue-url in acme-shop-staging' 'It is known once the resource is there.'
there() {
  gcloud secrets versions describe latest --secret shop-preview-queue-url --project acme-shop-staging
}
make() {
  printf '%s' "redis://:$(gcloud redis instances get-auth-string shop-preview-queue --project acme-shop-staging --region europe-west1 --format 'value(authString)')@$(gcloud redis instances describe shop-preview-queue --project acme-shop-staging --region europe-west1 --format 'value(host)'):6379/0" | gcloud secrets versions add shop-preview-queue-url --project acme-shop-staging --data-file -
}
ensure

begin 'secret stripe-test-key in acme-shop-staging' 'Services read it when they start.'
there() {
  gcloud secrets describe stripe-test-key --project acme-shop-staging
}
make() {
  gcloud secrets create stripe-test-key --project acme-shop-staging --replication-policy automatic
}
ensure

begin 'value of the secret stripe-test-key in acme-shop-staging' 'Put it in without writing it anywhere: gcloud secrets versions add stripe-test-key --project acme-shop-staging --data-file -'
there() {
  gcloud secrets versions describe latest --secret stripe-test-key --project acme-shop-staging
}
by_hand

begin 'roles/run.developer of shop-deploy-preview on acme-shop-staging' 'It replaces services, worker pools and jobs, and moves traffic.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/run.developer AND bindings.members=serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --role roles/run.developer --condition None
}
ensure

begin 'role publishService in acme-shop-staging' 'It opens a service to everybody; nothing else is in it.'
there() {
  gcloud iam roles describe publishService --project acme-shop-staging
}
make() {
  gcloud iam roles create publishService --project acme-shop-staging --title 'Publish a service' --permissions run.services.getIamPolicy,run.services.setIamPolicy
}
ensure

begin 'projects/acme-shop-staging/roles/publishService of shop-deploy-preview on acme-shop-staging' 'It opens the public services.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=projects/acme-shop-staging/roles/publishService AND bindings.members=serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --role projects/acme-shop-staging/roles/publishService --condition None
}
ensure

begin 'right of Cloud Run in acme-shop-staging to pull from acme-shop' 'The same image runs in every environment, and its repository is in the project of the last.'
there() {
  [[ $(gcloud artifacts repositories get-iam-policy shop --project acme-shop --location europe-west1 --format json) == *"service-$(gcloud projects describe acme-shop-staging --format 'value(projectNumber)')@serverless-robot-prod.iam.gserviceaccount.com"* ]]
}
make() {
  gcloud artifacts repositories add-iam-policy-binding shop --project acme-shop --location europe-west1 --member "serviceAccount:service-$(gcloud projects describe acme-shop-staging --format 'value(projectNumber)')@serverless-robot-prod.iam.gserviceaccount.com" --role roles/artifactregistry.reader
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-preview on shop-preview-web' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-preview-web@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-preview-web@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-preview on shop-preview-api' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-preview-api@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-preview-api@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-preview-api on shop-preview-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-preview-orders-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-preview-api@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-preview-orders-url --project acme-shop-staging --member serviceAccount:shop-preview-api@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-preview-api on shop-preview-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-preview-queue-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-preview-api@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-preview-queue-url --project acme-shop-staging --member serviceAccount:shop-preview-api@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-preview-api on stripe-test-key' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy stripe-test-key --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-preview-api@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding stripe-test-key --project acme-shop-staging --member serviceAccount:shop-preview-api@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-preview-api on acme-shop-staging' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-preview-api@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-preview-api@acme-shop-staging.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-preview on shop-preview-worker' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-preview-worker on shop-preview-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-preview-orders-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-preview-orders-url --project acme-shop-staging --member serviceAccount:shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-preview-worker on shop-preview-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-preview-queue-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-preview-queue-url --project acme-shop-staging --member serviceAccount:shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-preview-worker on acme-shop-staging' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-preview-worker@acme-shop-staging.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-preview on shop-preview-seed' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-preview@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-preview-seed on shop-preview-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-preview-orders-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-preview-orders-url --project acme-shop-staging --member serviceAccount:shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-preview-seed on shop-preview-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-preview-queue-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-preview-queue-url --project acme-shop-staging --member serviceAccount:shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-preview-seed on stripe-test-key' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy stripe-test-key --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding stripe-test-key --project acme-shop-staging --member serviceAccount:shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-preview-seed on acme-shop-staging' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-preview-seed@acme-shop-staging.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'environment staging of the repository' 'Its secrets and its trust belong to jobs of this environment alone.'
there() {
  gh api "repos/$repository/environments/staging"
}
make() {
  gh api --silent --method PUT "repos/$repository/environments/staging" \
    -F 'deployment_branch_policy[protected_branches]=false' \
    -F 'deployment_branch_policy[custom_branch_policies]=true'
}
ensure

begin 'rule of the environment staging: branch main' 'No other branch or tag reaches its secrets.'
there() {
  [[ $(gh api "repos/$repository/environments/staging/deployment-branch-policies" --jq '.branch_policies[] | [.type, .name] | join(" ")')$'\n' == *"branch main"$'\n'* ]]
}
make() {
  gh api --silent --method POST "repos/$repository/environments/staging/deployment-branch-policies" -f name=main -f type=branch
}
ensure

begin 'secret PAGERDUTY_KEY of the environment staging' 'Put it in without writing it anywhere: gh secret set PAGERDUTY_KEY --env staging --repo acme/shop.'
there() {
  [[ $'\n'$(gh secret list --repo "$repository" --env staging --json name --jq '.[].name')$'\n' == *$'\n'PAGERDUTY_KEY$'\n'* ]]
}
by_hand

begin 'secret SLACK_TOKEN of the environment staging' 'Put it in without writing it anywhere: gh secret set SLACK_TOKEN --env staging --repo acme/shop.'
there() {
  [[ $'\n'$(gh secret list --repo "$repository" --env staging --json name --jq '.[].name')$'\n' == *$'\n'SLACK_TOKEN$'\n'* ]]
}
by_hand

begin 'API cloudscheduler.googleapis.com in acme-shop-staging' 'Needed: crons are started at their times.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop-staging --filter config.name=cloudscheduler.googleapis.com --format 'value(config.name)') == cloudscheduler.googleapis.com ]]
}
make() {
  gcloud services enable cloudscheduler.googleapis.com --project acme-shop-staging
}
ensure

begin 'variable GCP_WORKLOAD_IDENTITY_PROVIDER of the environment staging' "The pipeline's login reads the provider's full name from it."
there() {
  gh variable get GCP_WORKLOAD_IDENTITY_PROVIDER --repo "$repository" --env staging
}
make() {
  gh variable set GCP_WORKLOAD_IDENTITY_PROVIDER --repo "$repository" --env staging --body "$(gcloud iam workload-identity-pools providers describe github --project acme-shop-staging --location global --workload-identity-pool github --format 'value(name)')"
}
ensure

begin 'service account shop-deploy-staging in acme-shop-staging' 'The pipeline deploys as it, and as nobody else.'
there() {
  gcloud iam service-accounts describe shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-deploy-staging --project acme-shop-staging
}
ensure

begin 'right of environment/staging to act as shop-deploy-staging' "Only jobs that GitHub started for this place take the account's credentials."
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *'/attribute.place/environment/staging"'* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/$(gcloud iam workload-identity-pools describe github --project acme-shop-staging --location global --format 'value(name)')/attribute.place/environment/staging"
}
ensure

begin 'service account shop-staging-web in acme-shop-staging' 'The service web runs as it.'
there() {
  gcloud iam service-accounts describe shop-staging-web@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-staging-web --project acme-shop-staging
}
ensure

begin 'service account shop-staging-api in acme-shop-staging' 'The service api runs as it.'
there() {
  gcloud iam service-accounts describe shop-staging-api@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-staging-api --project acme-shop-staging
}
ensure

begin 'service account shop-staging-worker in acme-shop-staging' 'The service worker runs as it.'
there() {
  gcloud iam service-accounts describe shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-staging-worker --project acme-shop-staging
}
ensure

begin 'service account shop-staging-report in acme-shop-staging' 'The service report runs as it.'
there() {
  gcloud iam service-accounts describe shop-staging-report@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-staging-report --project acme-shop-staging
}
ensure

begin 'service account shop-staging-seed in acme-shop-staging' 'The task seed runs as it.'
there() {
  gcloud iam service-accounts describe shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-staging-seed --project acme-shop-staging
}
ensure

begin 'service account shop-staging-scheduler in acme-shop-staging' 'Cloud Scheduler starts crons as it.'
there() {
  gcloud iam service-accounts describe shop-staging-scheduler@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging
}
make() {
  gcloud iam service-accounts create shop-staging-scheduler --project acme-shop-staging
}
ensure

begin 'Cloud SQL for PostgreSQL orders, instance for staging' 'Services use it as orders.'
there() {
  gcloud sql instances describe shop-staging-orders --project acme-shop-staging
}
make() {
  gcloud sql instances create shop-staging-orders --project acme-shop-staging --region europe-west1 --database-version POSTGRES_16 --edition enterprise --tier db-g1-small --storage-auto-increase --availability-type zonal --storage-size 50 --backup-start-time 02:00 --retained-backups-count 30
}
ensure

begin 'Cloud SQL for PostgreSQL orders, database for staging' 'Services use it as orders.'
there() {
  gcloud sql databases describe orders --project acme-shop-staging --instance shop-staging-orders
}
make() {
  gcloud sql databases create orders --project acme-shop-staging --instance shop-staging-orders
}
ensure

begin 'Cloud SQL for PostgreSQL orders, user for staging' 'Services use it as orders.'
there() {
  gcloud sql users describe app --project acme-shop-staging --instance shop-staging-orders
}
make() {
  PASSWORD=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
  gcloud sql users create app --project acme-shop-staging --instance shop-staging-orders --password "$PASSWORD"
  gcloud secrets describe shop-staging-orders-url --project acme-shop-staging >/dev/null 2>&1 || gcloud secrets create shop-staging-orders-url --project acme-shop-staging --replication-policy automatic
  printf '%s' "postgresql://app:$PASSWORD@/orders?host=/cloudsql/acme-shop-staging:europe-west1:shop-staging-orders" | gcloud secrets versions add shop-staging-orders-url --project acme-shop-staging --data-file -
}
ensure

begin 'Memorystore for Redis queue, instance for staging' 'Services use it as queue.'
there() {
  gcloud redis instances describe shop-staging-queue --project acme-shop-staging --region europe-west1
}
make() {
  gcloud redis instances create shop-staging-queue --project acme-shop-staging --region europe-west1 --tier basic --redis-version redis_7_2 --enable-auth
}
ensure

begin 'secret shop-staging-orders-url in acme-shop-staging' 'Services read it when they start.'
there() {
  gcloud secrets describe shop-staging-orders-url --project acme-shop-staging
}
make() {
  gcloud secrets create shop-staging-orders-url --project acme-shop-staging --replication-policy automatic
}
ensure

begin 'value of the secret shop-staging-orders-url in acme-shop-staging' 'Put it in without writing it anywhere: gcloud secrets versions add shop-staging-orders-url --project acme-shop-staging --data-file -'
there() {
  gcloud secrets versions describe latest --secret shop-staging-orders-url --project acme-shop-staging
}
by_hand

begin 'secret shop-staging-queue-url in acme-shop-staging' 'Services read it when they start.'
there() {
  gcloud secrets describe shop-staging-queue-url --project acme-shop-staging
}
make() {
  gcloud secrets create shop-staging-queue-url --project acme-shop-staging --replication-policy automatic
}
ensure

begin 'value of the secret shop-staging-queue-url in acme-shop-staging' 'It is known once the resource is there.'
there() {
  gcloud secrets versions describe latest --secret shop-staging-queue-url --project acme-shop-staging
}
make() {
  printf '%s' "redis://:$(gcloud redis instances get-auth-string shop-staging-queue --project acme-shop-staging --region europe-west1 --format 'value(authString)')@$(gcloud redis instances describe shop-staging-queue --project acme-shop-staging --region europe-west1 --format 'value(host)'):6379/0" | gcloud secrets versions add shop-staging-queue-url --project acme-shop-staging --data-file -
}
ensure

begin 'roles/run.developer of shop-deploy-staging on acme-shop-staging' 'It replaces services, worker pools and jobs, and moves traffic.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/run.developer AND bindings.members=serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role roles/run.developer --condition None
}
ensure

begin 'projects/acme-shop-staging/roles/publishService of shop-deploy-staging on acme-shop-staging' 'It opens the public services.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=projects/acme-shop-staging/roles/publishService AND bindings.members=serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role projects/acme-shop-staging/roles/publishService --condition None
}
ensure

begin 'roles/cloudscheduler.admin of shop-deploy-staging on acme-shop-staging' 'It sets the times of crons.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/cloudscheduler.admin AND bindings.members=serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role roles/cloudscheduler.admin --condition None
}
ensure

begin 'roles/run.invoker of shop-staging-scheduler on acme-shop-staging' 'It starts the jobs of crons.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/run.invoker AND bindings.members=serviceAccount:shop-staging-scheduler@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-staging-scheduler@acme-shop-staging.iam.gserviceaccount.com --role roles/run.invoker --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-staging on shop-staging-scheduler' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-staging-scheduler@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-staging-scheduler@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-staging on shop-staging-web' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-staging-web@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-staging-web@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-staging on shop-staging-api' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-staging-api@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-staging-api@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-api on shop-staging-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-staging-orders-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-api@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-staging-orders-url --project acme-shop-staging --member serviceAccount:shop-staging-api@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-api on shop-staging-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-staging-queue-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-api@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-staging-queue-url --project acme-shop-staging --member serviceAccount:shop-staging-api@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-api on stripe-test-key' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy stripe-test-key --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-api@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding stripe-test-key --project acme-shop-staging --member serviceAccount:shop-staging-api@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-staging-api on acme-shop-staging' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-staging-api@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-staging-api@acme-shop-staging.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-staging on shop-staging-worker' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-worker on shop-staging-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-staging-orders-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-staging-orders-url --project acme-shop-staging --member serviceAccount:shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-worker on shop-staging-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-staging-queue-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-staging-queue-url --project acme-shop-staging --member serviceAccount:shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-staging-worker on acme-shop-staging' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-staging-worker@acme-shop-staging.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-staging on shop-staging-report' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-staging-report@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-staging-report@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-report on shop-staging-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-staging-orders-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-report@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-staging-orders-url --project acme-shop-staging --member serviceAccount:shop-staging-report@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-staging-report on acme-shop-staging' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-staging-report@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-staging-report@acme-shop-staging.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-staging on shop-staging-seed' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --format json) == *"serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com --project acme-shop-staging --member serviceAccount:shop-deploy-staging@acme-shop-staging.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-seed on shop-staging-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-staging-orders-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-staging-orders-url --project acme-shop-staging --member serviceAccount:shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-seed on shop-staging-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-staging-queue-url --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-staging-queue-url --project acme-shop-staging --member serviceAccount:shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-staging-seed on stripe-test-key' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy stripe-test-key --project acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding stripe-test-key --project acme-shop-staging --member serviceAccount:shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-staging-seed on acme-shop-staging' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop-staging --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop-staging --member serviceAccount:shop-staging-seed@acme-shop-staging.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'route / of staging.shop.example' 'Paths of one domain need an external load balancer with a serverless network endpoint group for each service: https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless. / leads to shop-staging-web.'
there() {
  curl --fail --silent --show-error --output /dev/null --max-time 10 https://staging.shop.example/
}
by_hand

begin 'route /api of staging.shop.example' 'Paths of one domain need an external load balancer with a serverless network endpoint group for each service: https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless. /api leads to shop-staging-api.'
there() {
  curl --fail --silent --show-error --output /dev/null --max-time 10 https://staging.shop.example/api
}
by_hand

begin 'environment production of the repository' 'Its secrets and its trust belong to jobs of this environment alone, and acme/release must agree before they start.'
there() {
  gh api "repos/$repository/environments/production"
}
make() {
  type=Team
  id=$(gh api orgs/acme/teams/release --jq .id)
  gh api --silent --method PUT "repos/$repository/environments/production" \
    -F prevent_self_review=true \
    -f 'reviewers[][type]'="$type" \
    -F 'reviewers[][id]'="$id" \
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

begin 'secret PAGERDUTY_KEY of the environment production' 'Put it in without writing it anywhere: gh secret set PAGERDUTY_KEY --env production --repo acme/shop.'
there() {
  [[ $'\n'$(gh secret list --repo "$repository" --env production --json name --jq '.[].name')$'\n' == *$'\n'PAGERDUTY_KEY$'\n'* ]]
}
by_hand

begin 'secret SLACK_TOKEN of the environment production' 'Put it in without writing it anywhere: gh secret set SLACK_TOKEN --env production --repo acme/shop.'
there() {
  [[ $'\n'$(gh secret list --repo "$repository" --env production --json name --jq '.[].name')$'\n' == *$'\n'SLACK_TOKEN$'\n'* ]]
}
by_hand

begin 'API run.googleapis.com in acme-shop' 'Needed: services, worker pools and jobs.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=run.googleapis.com --format 'value(config.name)') == run.googleapis.com ]]
}
make() {
  gcloud services enable run.googleapis.com --project acme-shop
}
ensure

begin 'API artifactregistry.googleapis.com in acme-shop' 'Needed: images.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=artifactregistry.googleapis.com --format 'value(config.name)') == artifactregistry.googleapis.com ]]
}
make() {
  gcloud services enable artifactregistry.googleapis.com --project acme-shop
}
ensure

begin 'API iamcredentials.googleapis.com in acme-shop' "Needed: the workflow's short-lived credential."
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=iamcredentials.googleapis.com --format 'value(config.name)') == iamcredentials.googleapis.com ]]
}
make() {
  gcloud services enable iamcredentials.googleapis.com --project acme-shop
}
ensure

begin 'API sts.googleapis.com in acme-shop' "Needed: the workflow's identity is exchanged for a credential."
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=sts.googleapis.com --format 'value(config.name)') == sts.googleapis.com ]]
}
make() {
  gcloud services enable sts.googleapis.com --project acme-shop
}
ensure

begin 'API secretmanager.googleapis.com in acme-shop' 'Needed: secrets.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=secretmanager.googleapis.com --format 'value(config.name)') == secretmanager.googleapis.com ]]
}
make() {
  gcloud services enable secretmanager.googleapis.com --project acme-shop
}
ensure

begin 'API cloudscheduler.googleapis.com in acme-shop' 'Needed: crons are started at their times.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=cloudscheduler.googleapis.com --format 'value(config.name)') == cloudscheduler.googleapis.com ]]
}
make() {
  gcloud services enable cloudscheduler.googleapis.com --project acme-shop
}
ensure

begin 'API sqladmin.googleapis.com in acme-shop' 'Needed: Cloud SQL.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=sqladmin.googleapis.com --format 'value(config.name)') == sqladmin.googleapis.com ]]
}
make() {
  gcloud services enable sqladmin.googleapis.com --project acme-shop
}
ensure

begin 'API monitoring.googleapis.com in acme-shop' 'Needed: platform metrics.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=monitoring.googleapis.com --format 'value(config.name)') == monitoring.googleapis.com ]]
}
make() {
  gcloud services enable monitoring.googleapis.com --project acme-shop
}
ensure

begin 'API compute.googleapis.com in acme-shop' 'It is needed for the network between services and resources.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=compute.googleapis.com --format 'value(config.name)') == compute.googleapis.com ]]
}
make() {
  gcloud services enable compute.googleapis.com --project acme-shop
}
ensure

begin 'API dns.googleapis.com in acme-shop' 'It is needed so that internal services are found inside of the network.'
there() {
  [[ $(gcloud services list --enabled --project acme-shop --filter config.name=dns.googleapis.com --format 'value(config.name)') == dns.googleapis.com ]]
}
make() {
  gcloud services enable dns.googleapis.com --project acme-shop
}
ensure

begin 'identity pool github in acme-shop' 'It holds the identities of the pipeline, so that no key is kept.'
there() {
  gcloud iam workload-identity-pools describe github --project acme-shop --location global
}
make() {
  gcloud iam workload-identity-pools create github --project acme-shop --location global --display-name GitHub
}
ensure

begin 'identity provider github in acme-shop' 'It accepts the tokens of this repository alone, by its number.'
there() {
  [[ $(gcloud iam workload-identity-pools providers describe github --project acme-shop --location global --workload-identity-pool github --format 'value(attributeCondition)') == *"'$repository_id'"* ]]
}
make() {
  gcloud iam workload-identity-pools providers create-oidc github --project acme-shop --location global --workload-identity-pool github --issuer-uri https://token.actions.githubusercontent.com --attribute-mapping "google.subject=assertion.sub,attribute.repository_id=assertion.repository_id,attribute.place=has(assertion.environment) ? 'environment/' + assertion.environment : assertion.ref" --attribute-condition "assertion.repository_id == '$repository_id'"
}
ensure

begin 'variable GCP_WORKLOAD_IDENTITY_PROVIDER of the environment production' "The pipeline's login reads the provider's full name from it."
there() {
  gh variable get GCP_WORKLOAD_IDENTITY_PROVIDER --repo "$repository" --env production
}
make() {
  gh variable set GCP_WORKLOAD_IDENTITY_PROVIDER --repo "$repository" --env production --body "$(gcloud iam workload-identity-pools providers describe github --project acme-shop --location global --workload-identity-pool github --format 'value(name)')"
}
ensure

begin 'variable GCP_BUILD_IDENTITY_PROVIDER of the repository' "The pipeline's login reads the provider's full name from it."
there() {
  gh variable get GCP_BUILD_IDENTITY_PROVIDER --repo "$repository"
}
make() {
  gh variable set GCP_BUILD_IDENTITY_PROVIDER --repo "$repository" --body "$(gcloud iam workload-identity-pools providers describe github --project acme-shop --location global --workload-identity-pool github --format 'value(name)')"
}
ensure

begin 'image repository shop in acme-shop' 'Images are pushed to it once and run everywhere.'
there() {
  gcloud artifacts repositories describe shop --project acme-shop --location europe-west1
}
make() {
  gcloud artifacts repositories create shop --project acme-shop --location europe-west1 --repository-format docker --description Images
}
ensure

begin 'service account shop-deploy-production in acme-shop' 'The pipeline deploys as it, and as nobody else.'
there() {
  gcloud iam service-accounts describe shop-deploy-production@acme-shop.iam.gserviceaccount.com --project acme-shop
}
make() {
  gcloud iam service-accounts create shop-deploy-production --project acme-shop
}
ensure

begin 'right of environment/production to act as shop-deploy-production' "Only jobs that GitHub started for this place take the account's credentials."
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-deploy-production@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *'/attribute.place/environment/production"'* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-deploy-production@acme-shop.iam.gserviceaccount.com --project acme-shop --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/$(gcloud iam workload-identity-pools describe github --project acme-shop --location global --format 'value(name)')/attribute.place/environment/production"
}
ensure

begin 'service account shop-build in acme-shop' 'The pipeline pushes images as it, and may do nothing else.'
there() {
  gcloud iam service-accounts describe shop-build@acme-shop.iam.gserviceaccount.com --project acme-shop
}
make() {
  gcloud iam service-accounts create shop-build --project acme-shop
}
ensure

begin 'right of refs/heads/main to act as shop-build' "Only jobs that GitHub started for this place take the account's credentials."
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-build@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *'/attribute.place/refs/heads/main"'* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-build@acme-shop.iam.gserviceaccount.com --project acme-shop --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/$(gcloud iam workload-identity-pools describe github --project acme-shop --location global --format 'value(name)')/attribute.place/refs/heads/main"
}
ensure

begin 'right of environment/preview to act as shop-build' "Only jobs that GitHub started for this place take the account's credentials."
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-build@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *'/attribute.place/environment/preview"'* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-build@acme-shop.iam.gserviceaccount.com --project acme-shop --role roles/iam.workloadIdentityUser --member "principalSet://iam.googleapis.com/$(gcloud iam workload-identity-pools describe github --project acme-shop --location global --format 'value(name)')/attribute.place/environment/preview"
}
ensure

begin 'service account shop-production-web in acme-shop' 'The service web runs as it.'
there() {
  gcloud iam service-accounts describe shop-production-web@acme-shop.iam.gserviceaccount.com --project acme-shop
}
make() {
  gcloud iam service-accounts create shop-production-web --project acme-shop
}
ensure

begin 'service account shop-production-api in acme-shop' 'The service api runs as it.'
there() {
  gcloud iam service-accounts describe shop-production-api@acme-shop.iam.gserviceaccount.com --project acme-shop
}
make() {
  gcloud iam service-accounts create shop-production-api --project acme-shop
}
ensure

begin 'service account shop-production-worker in acme-shop' 'The service worker runs as it.'
there() {
  gcloud iam service-accounts describe shop-production-worker@acme-shop.iam.gserviceaccount.com --project acme-shop
}
make() {
  gcloud iam service-accounts create shop-production-worker --project acme-shop
}
ensure

begin 'service account shop-production-report in acme-shop' 'The service report runs as it.'
there() {
  gcloud iam service-accounts describe shop-production-report@acme-shop.iam.gserviceaccount.com --project acme-shop
}
make() {
  gcloud iam service-accounts create shop-production-report --project acme-shop
}
ensure

begin 'service account shop-production-seed in acme-shop' 'The task seed runs as it.'
there() {
  gcloud iam service-accounts describe shop-production-seed@acme-shop.iam.gserviceaccount.com --project acme-shop
}
make() {
  gcloud iam service-accounts create shop-production-seed --project acme-shop
}
ensure

begin 'service account shop-production-scheduler in acme-shop' 'Cloud Scheduler starts crons as it.'
there() {
  gcloud iam service-accounts describe shop-production-scheduler@acme-shop.iam.gserviceaccount.com --project acme-shop
}
make() {
  gcloud iam service-accounts create shop-production-scheduler --project acme-shop
}
ensure

begin 'private access to Google in europe-west1 of acme-shop' 'Requests to internal services stay inside of the network.'
there() {
  [[ $(gcloud compute networks subnets describe default --project acme-shop --region europe-west1 --format 'value(privateIpGoogleAccess)') == True ]]
}
make() {
  gcloud compute networks subnets update default --project acme-shop --region europe-west1 --enable-private-ip-google-access
}
ensure

begin 'Cloud SQL for PostgreSQL orders, instance for production' 'Services use it as orders.'
there() {
  gcloud sql instances describe shop-production-orders --project acme-shop
}
make() {
  gcloud sql instances create shop-production-orders --project acme-shop --region europe-west1 --database-version POSTGRES_16 --edition enterprise --tier db-g1-small --storage-auto-increase --availability-type zonal --storage-size 50 --backup-start-time 02:00 --retained-backups-count 30
}
ensure

begin 'Cloud SQL for PostgreSQL orders, database for production' 'Services use it as orders.'
there() {
  gcloud sql databases describe orders --project acme-shop --instance shop-production-orders
}
make() {
  gcloud sql databases create orders --project acme-shop --instance shop-production-orders
}
ensure

begin 'Cloud SQL for PostgreSQL orders, user for production' 'Services use it as orders.'
there() {
  gcloud sql users describe app --project acme-shop --instance shop-production-orders
}
make() {
  PASSWORD=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
  gcloud sql users create app --project acme-shop --instance shop-production-orders --password "$PASSWORD"
  gcloud secrets describe shop-production-orders-url --project acme-shop >/dev/null 2>&1 || gcloud secrets create shop-production-orders-url --project acme-shop --replication-policy automatic
  printf '%s' "postgresql://app:$PASSWORD@/orders?host=/cloudsql/acme-shop:europe-west1:shop-production-orders" | gcloud secrets versions add shop-production-orders-url --project acme-shop --data-file -
}
ensure

begin 'Memorystore for Redis queue, instance for production' 'Services use it as queue.'
there() {
  gcloud redis instances describe shop-production-queue --project acme-shop --region europe-west1
}
make() {
  gcloud redis instances create shop-production-queue --project acme-shop --region europe-west1 --tier basic --redis-version redis_7_2 --enable-auth
}
ensure

begin 'secret shop-production-orders-url in acme-shop' 'Services read it when they start.'
there() {
  gcloud secrets describe shop-production-orders-url --project acme-shop
}
make() {
  gcloud secrets create shop-production-orders-url --project acme-shop --replication-policy automatic
}
ensure

begin 'value of the secret shop-production-orders-url in acme-shop' 'Put it in without writing it anywhere: gcloud secrets versions add shop-production-orders-url --project acme-shop --data-file -'
there() {
  gcloud secrets versions describe latest --secret shop-production-orders-url --project acme-shop
}
by_hand

begin 'secret shop-production-queue-url in acme-shop' 'Services read it when they start.'
there() {
  gcloud secrets describe shop-production-queue-url --project acme-shop
}
make() {
  gcloud secrets create shop-production-queue-url --project acme-shop --replication-policy automatic
}
ensure

begin 'value of the secret shop-production-queue-url in acme-shop' 'It is known once the resource is there.'
there() {
  gcloud secrets versions describe latest --secret shop-production-queue-url --project acme-shop
}
make() {
  printf '%s' "redis://:$(gcloud redis instances get-auth-string shop-production-queue --project acme-shop --region europe-west1 --format 'value(authString)')@$(gcloud redis instances describe shop-production-queue --project acme-shop --region europe-west1 --format 'value(host)'):6379/0" | gcloud secrets versions add shop-production-queue-url --project acme-shop --data-file -
}
ensure

begin 'secret stripe-key in acme-shop' 'Services read it when they start.'
there() {
  gcloud secrets describe stripe-key --project acme-shop
}
make() {
  gcloud secrets create stripe-key --project acme-shop --replication-policy automatic
}
ensure

begin 'value of the secret stripe-key in acme-shop' 'Put it in without writing it anywhere: gcloud secrets versions add stripe-key --project acme-shop --data-file -'
there() {
  gcloud secrets versions describe latest --secret stripe-key --project acme-shop
}
by_hand

begin 'roles/run.developer of shop-deploy-production on acme-shop' 'It replaces services, worker pools and jobs, and moves traffic.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/run.developer AND bindings.members=serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role roles/run.developer --condition None
}
ensure

begin 'role publishService in acme-shop' 'It opens a service to everybody; nothing else is in it.'
there() {
  gcloud iam roles describe publishService --project acme-shop
}
make() {
  gcloud iam roles create publishService --project acme-shop --title 'Publish a service' --permissions run.services.getIamPolicy,run.services.setIamPolicy
}
ensure

begin 'projects/acme-shop/roles/publishService of shop-deploy-production on acme-shop' 'It opens the public services.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop --flatten 'bindings[].members' --filter "bindings.role=projects/acme-shop/roles/publishService AND bindings.members=serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role projects/acme-shop/roles/publishService --condition None
}
ensure

begin 'roles/cloudscheduler.admin of shop-deploy-production on acme-shop' 'It sets the times of crons.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/cloudscheduler.admin AND bindings.members=serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role roles/cloudscheduler.admin --condition None
}
ensure

begin 'roles/run.invoker of shop-production-scheduler on acme-shop' 'It starts the jobs of crons.'
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/run.invoker AND bindings.members=serviceAccount:shop-production-scheduler@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop --member serviceAccount:shop-production-scheduler@acme-shop.iam.gserviceaccount.com --role roles/run.invoker --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-production on shop-production-scheduler' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-production-scheduler@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *"serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-production-scheduler@acme-shop.iam.gserviceaccount.com --project acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/artifactregistry.writer of shop-build on shop' 'It pushes images.'
there() {
  [[ $(gcloud artifacts repositories get-iam-policy shop --project acme-shop --location europe-west1 --format json) == *"serviceAccount:shop-build@acme-shop.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud artifacts repositories add-iam-policy-binding shop --project acme-shop --location europe-west1 --member serviceAccount:shop-build@acme-shop.iam.gserviceaccount.com --role roles/artifactregistry.writer
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-production on shop-production-web' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-production-web@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *"serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-production-web@acme-shop.iam.gserviceaccount.com --project acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-production on shop-production-api' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-production-api@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *"serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-production-api@acme-shop.iam.gserviceaccount.com --project acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-api on shop-production-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-production-orders-url --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-api@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-production-orders-url --project acme-shop --member serviceAccount:shop-production-api@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-api on shop-production-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-production-queue-url --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-api@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-production-queue-url --project acme-shop --member serviceAccount:shop-production-api@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-api on stripe-key' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy stripe-key --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-api@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding stripe-key --project acme-shop --member serviceAccount:shop-production-api@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-production-api on acme-shop' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-production-api@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop --member serviceAccount:shop-production-api@acme-shop.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-production on shop-production-worker' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-production-worker@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *"serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-production-worker@acme-shop.iam.gserviceaccount.com --project acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-worker on shop-production-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-production-orders-url --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-worker@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-production-orders-url --project acme-shop --member serviceAccount:shop-production-worker@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-worker on shop-production-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-production-queue-url --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-worker@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-production-queue-url --project acme-shop --member serviceAccount:shop-production-worker@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-production-worker on acme-shop' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-production-worker@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop --member serviceAccount:shop-production-worker@acme-shop.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-production on shop-production-report' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-production-report@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *"serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-production-report@acme-shop.iam.gserviceaccount.com --project acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-report on shop-production-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-production-orders-url --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-report@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-production-orders-url --project acme-shop --member serviceAccount:shop-production-report@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-production-report on acme-shop' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-production-report@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop --member serviceAccount:shop-production-report@acme-shop.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'roles/iam.serviceAccountUser of shop-deploy-production on shop-production-seed' 'The pipeline lets a version run as it.'
there() {
  [[ $(gcloud iam service-accounts get-iam-policy shop-production-seed@acme-shop.iam.gserviceaccount.com --project acme-shop --format json) == *"serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com\""* ]]
}
make() {
  gcloud iam service-accounts add-iam-policy-binding shop-production-seed@acme-shop.iam.gserviceaccount.com --project acme-shop --member serviceAccount:shop-deploy-production@acme-shop.iam.gserviceaccount.com --role roles/iam.serviceAccountUser
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-seed on shop-production-orders-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-production-orders-url --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-seed@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-production-orders-url --project acme-shop --member serviceAccount:shop-production-seed@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-seed on shop-production-queue-url' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy shop-production-queue-url --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-seed@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding shop-production-queue-url --project acme-shop --member serviceAccount:shop-production-seed@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/secretmanager.secretAccessor of shop-production-seed on stripe-key' 'It reads the secret when it starts.'
there() {
  [[ -n $(gcloud secrets get-iam-policy stripe-key --project acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/secretmanager.secretAccessor AND bindings.members=serviceAccount:shop-production-seed@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud secrets add-iam-policy-binding stripe-key --project acme-shop --member serviceAccount:shop-production-seed@acme-shop.iam.gserviceaccount.com --role roles/secretmanager.secretAccessor
}
ensure

begin 'roles/cloudsql.client of shop-production-seed on acme-shop' "It reaches its database over the platform's socket."
there() {
  [[ -n $(gcloud projects get-iam-policy acme-shop --flatten 'bindings[].members' --filter "bindings.role=roles/cloudsql.client AND bindings.members=serviceAccount:shop-production-seed@acme-shop.iam.gserviceaccount.com" --format 'value(bindings.role)') ]]
}
make() {
  gcloud projects add-iam-policy-binding acme-shop --member serviceAccount:shop-production-seed@acme-shop.iam.gserviceaccount.com --role roles/cloudsql.client --condition None
}
ensure

begin 'route / of shop.example' 'Paths of one domain need an external load balancer with a serverless network endpoint group for each service: https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless. / leads to shop-production-web.'
there() {
  curl --fail --silent --show-error --output /dev/null --max-time 10 https://shop.example/
}
by_hand

begin 'route /api of shop.example' 'Paths of one domain need an external load balancer with a serverless network endpoint group for each service: https://cloud.google.com/load-balancing/docs/https/setup-global-ext-https-serverless. /api leads to shop-production-api.'
there() {
  curl --fail --silent --show-error --output /dev/null --max-time 10 https://shop.example/api
}
by_hand

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
