//! What was measured, beside what we want: read from the estimates that criterion leaves.

use std::path::PathBuf;

/// A benchmark: its group, its name, and the size that its group measures it at.
type Bench<'n> = (&'n str, &'n str, &'n str);

/// Prints the goals of which both sides were measured, now or in an earlier run.
pub(crate) fn tell(parsed: u64, jrsonnet: Option<(u64, u64)>) {
    let mut lines = Vec::new();
    let parse = seconds(("parse", "deployc", "100 KB"));
    if let Some(parse) = parse {
        lines.push(format!("parse of 100 KB: {:.0} MB/s (goal: 100 or more)", parsed as f64 / parse / 1e6));
    }
    let mut ratio = |what: &str, one: Option<f64>, other: Option<f64>, goal: &str| {
        if let (Some(one), Some(other)) = (one, other) {
            lines.push(format!("{what}: {:.2}{goal}", one / other));
        }
    };
    ratio("parse of 100 KB, times as fast as kdl", seconds(("parse", "kdl", "100 KB")), parse, "");
    for command in ["check", "build"] {
        let each = |services: f64| Some(seconds(("services", command, &services.to_string()))? / services);
        let what = format!("{command}, time of one of 1,000 services over one of 100");
        ratio(&what, each(1000.0), each(100.0), " (goal: 1.10 or less)");
    }
    let (ours, theirs) = (seconds(("bytes", "deployc", "")), seconds(("bytes", "jrsonnet", "")));
    if let (Some((made, written)), Some(ours), Some(theirs)) = (jrsonnet, ours, theirs) {
        let what = "bytes of output in a second, times those of jrsonnet";
        ratio(what, Some(made as f64 / ours), Some(written as f64 / theirs), "");
    }
    let start = |name| seconds(("start", name, ""));
    ratio("check of hello, over --version", start("check hello"), start("--version"), " (goal: 1.50 or less)");
    for line in lines {
        println!("{line}");
    }
}

/// The median of a benchmark.
fn seconds((group, name, size): Bench<'_>) -> Option<f64> {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target")), PathBuf::from);
    let file = target.join("criterion").join(group).join(name).join(size).join("new/estimates.json");
    let text = std::fs::read_to_string(file).ok()?;
    let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(estimates.get("median")?.get("point_estimate")?.as_f64()? / 1e9)
}
