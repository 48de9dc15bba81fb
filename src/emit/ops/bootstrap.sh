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
