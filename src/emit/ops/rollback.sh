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
