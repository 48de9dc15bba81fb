//! The WorkerPool: what runs always and takes no requests, with a fixed number of instances.

use crate::artifact::{Tree, list, map};

use super::site::Site;
use super::{container, labels, service};

/// The file of a worker pool.
pub(super) fn tree(site: &Site<'_>) -> Tree {
    let workload = site.workload;
    let name = site.name();
    let revision = [&name, "-${REVISION}"].concat();
    let (count, _) = &workload.scale;
    // The command that reads this file has no flag for the region.
    let labels = labels(site, &workload.name.value)
        .put("cloud.googleapis.com/location", Tree::from(site.region()).at(&site.host_origin()));
    let annotations = map()
        .put("run.googleapis.com/scalingMode", Tree::from("manual").at(&workload.role.origin))
        .put("run.googleapis.com/manualInstanceCount", Tree::from(count.value.to_string()).at(&count.origin));
    let metadata = map()
        .put("name", Tree::from(name).at(&workload.name.origin))
        .put("labels", labels)
        .put("annotations", annotations);
    let template = map()
        .put(
            "metadata",
            map()
                .put("name", Tree::from(revision.clone()).at(&workload.name.origin))
                .put("labels", service::revision_labels(site))
                .put("annotations", container::annotations(site, map()).put("previous", service::previous())),
        )
        .put(
            "spec",
            map()
                .put("serviceAccountName", Tree::from(site.account()).at(&workload.name.origin))
                .put("containers", list([container::container(site)]))
                .put_filled("volumes", container::volumes(site)),
        );
    let splits = list([map().put("revisionName", revision).put("percent", 100_u64)]).at(&workload.role.origin);
    map()
        .put("apiVersion", "run.googleapis.com/v1")
        .put("kind", "WorkerPool")
        .put("metadata", metadata)
        .put("spec", map().put("template", template).put("instanceSplits", splits))
}
