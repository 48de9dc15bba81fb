//! The Service: what takes requests, with its scale, its access and the traffic of its revisions.

use crate::artifact::{Tree, list, map};
use crate::source::Origin;

use super::container;
use super::site::Site;
use super::{keeps_traffic, labels, public_origin};

/// The file of a service.
pub(super) fn tree(site: &Site<'_>) -> Tree {
    let workload = site.workload;
    let name = site.name();
    let spec = map().put("template", template(site, &name)).put("traffic", traffic(site, &name));
    let metadata = map()
        .put("name", Tree::from(name).at(&workload.name.origin))
        .put("labels", labels(site, &workload.name.value))
        .put("annotations", annotations(site));
    map().put("apiVersion", "serving.knative.dev/v1").put("kind", "Service").put("metadata", metadata).put("spec", spec)
}

/// Of the service: who reaches it, and how many instances all of its revisions have together.
fn annotations(site: &Site<'_>) -> Tree {
    let workload = site.workload;
    let public = public_origin(workload);
    let (min, max) = &workload.scale;
    let ingress = if workload.is_public() { "all" } else { "internal" };
    let open = workload.is_public().then(|| Tree::from("true").at(&public));
    map()
        .put("run.googleapis.com/ingress", Tree::from(ingress).at(&public))
        .put_some("run.googleapis.com/invoker-iam-disabled", open)
        .put("run.googleapis.com/minScale", Tree::from(min.value.to_string()).at(&min.origin))
        .put("run.googleapis.com/maxScale", Tree::from(max.value.to_string()).at(&max.origin))
}

fn template(site: &Site<'_>, name: &str) -> Tree {
    let workload = site.workload;
    let (cpu, _) = container::size(site);
    let (_, max) = &workload.scale;
    // An instance that always runs may work between requests, too: it exports measurements and keeps connections.
    let always = workload.scale.0.value > 0 && cpu.value.millicores() >= 1000;
    let throttled =
        Tree::from(if always { "false" } else { "true" }).at(&workload.scale.0.origin.clone().with(&cpu.origin));
    let boost = Origin::rule("every start gets more CPU, so that it takes requests sooner");
    let annotations = map()
        .put("autoscaling.knative.dev/maxScale", Tree::from(max.value.to_string()).at(&max.origin))
        .put("run.googleapis.com/cpu-throttling", throttled)
        .put("run.googleapis.com/startup-cpu-boost", Tree::from("true").at(&boost));
    let metadata = map()
        .put("name", Tree::from([name, "-${REVISION}"].concat()).at(&workload.name.origin))
        .put("labels", revision_labels(site))
        .put("annotations", container::annotations(site, annotations).put("previous", previous()));
    let concurrency = if cpu.value.millicores() < 1000 {
        Some(Tree::from(1_u64).at(&cpu.origin.clone().because("below one CPU an instance takes one request at a time")))
    } else {
        number(site, "concurrency")
    };
    let spec = map()
        .put_some("containerConcurrency", concurrency)
        .put_some("timeoutSeconds", number(site, "request-timeout"))
        .put("serviceAccountName", Tree::from(site.account()).at(&workload.name.origin))
        .put("containers", list([container::container(site)]))
        .put_filled("volumes", container::volumes(site));
    map().put("metadata", metadata).put("spec", spec)
}

/// A number that the platform has by default, said so that it does not change under us.
fn number(site: &Site<'_>, limit: &str) -> Option<Tree> {
    let (text, origin) = site.default_of(limit)?;
    let number: u64 = text.trim_end_matches('s').parse().ok()?;
    Some(Tree::from(number).at(&origin))
}

/// The labels of a revision: the service's and the commit.
pub(super) fn revision_labels(site: &Site<'_>) -> Tree {
    let commit = Origin::rule("a version remembers its commit and the version before it");
    labels(site, &site.workload.name.value).put("commit", Tree::from("${COMMIT}").at(&commit))
}

/// What a rollback goes back to.
pub(super) fn previous() -> Tree {
    Tree::from("${PREVIOUS}").at(&Origin::rule("a version remembers its commit and the version before it"))
}

/// Where a strategy moves traffic, what serves keeps all of it and the new revision gets an address of its own.
fn traffic(site: &Site<'_>, name: &str) -> Tree {
    let origin = site.plan.strategy(site.environment, site.workload).map_or_else(
        || {
            site.workload
                .name
                .origin
                .clone()
                .because("the platform's own way: all traffic goes to the new revision when it is ready")
        },
        |strategy| strategy.kind.origin.clone(),
    );
    let revision = [name, "-${REVISION}"].concat();
    if !keeps_traffic(site) {
        return list([map().put("revisionName", revision).put("percent", 100_u64)]).at(&origin);
    }
    list([
        map().put("revisionName", "${SERVING}").put("percent", 100_u64),
        map().put("revisionName", revision).put("percent", 0_u64).put("tag", "next"),
    ])
    .at(&origin)
}
