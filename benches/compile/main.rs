//! How long each stage takes, by size of the input and by number of services. `kdl` parses the same text and `jrsonnet`
//! makes as many bytes of output, in the same run. Everything but the start happens in memory.
//!
//! `cargo bench` runs all; `cargo bench -- parse` the parsers. Nothing here is a test: times are looked at, not asserted.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a benchmark may fail loudly, tells what it measured, and reads what criterion wrote"
)]

mod goals;
mod peer;
mod project;

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, measurement::WallTime};
use deployc::loader::Memory;
use deployc::render;
use deployc::source::FileId;
use deployc::syntax::{self, kdl::Tokens};
use peer::Jrsonnet;

/// The sizes of the input.
const SIZES: [(&str, usize); 3] = [("1 KB", 1_000), ("100 KB", 100_000), ("10 MB", 10_000_000)];
/// `kdl` takes minutes for more.
const MOST_FOR_KDL: usize = 100_000;
/// The services whose output is compared with that of jrsonnet.
const COMPARED: usize = 100;

fn group<'c>(criterion: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10).warm_up_time(Duration::from_secs(1));
    group
}

/// Measures one stage at each size; it gives how much it did, so that nobody finds it idle.
fn by_size(criterion: &mut Criterion, name: &str, mut stage: impl FnMut(&str) -> usize) {
    let mut group = group(criterion, name);
    for (size, bytes) in SIZES {
        let text = project::sized(bytes);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new("deployc", size), |bencher| bencher.iter(|| black_box(stage(&text))));
        if name == "parse" && bytes <= MOST_FOR_KDL {
            group.bench_function(BenchmarkId::new("kdl", size), |bencher| {
                bencher.iter(|| black_box(text.parse::<kdl::KdlDocument>()));
            });
        }
    }
    group.finish();
}

fn formatting(criterion: &mut Criterion) {
    let mut group = group(criterion, "format");
    for (size, bytes) in SIZES {
        let text = project::sized(bytes);
        group.throughput(Throughput::Bytes(text.len() as u64));
        let (tree, _) = syntax::parse(FileId(0), text);
        group.bench_function(BenchmarkId::new("deployc", size), |bencher| {
            bencher.iter(|| black_box(syntax::format(&tree)));
        });
    }
    group.finish();
}

fn loader(text: &str) -> Memory {
    Memory::new().with("deploy.kdl", text.as_bytes().to_vec())
}

/// Gives how many things were found.
fn check(loader: &Memory) -> usize {
    deployc::check(loader, "deploy.kdl", None).expect("readable").diagnostics.len()
}

/// Gives how many bytes the files have.
fn build(loader: &Memory) -> usize {
    let mut compilation = deployc::check(loader, "deploy.kdl", None).expect("readable");
    let artifacts = compilation.build().expect("the projects here have no errors");
    let mut bytes = Vec::new();
    let mut total = 0;
    for artifact in &artifacts {
        bytes.clear();
        render::render(artifact, &mut bytes);
        total += black_box(&bytes).len();
    }
    total
}

fn by_services(criterion: &mut Criterion) {
    let mut group = group(criterion, "services");
    for services in [1, 10, 100, 1_000] {
        let loader = loader(&project::services(services));
        group.throughput(Throughput::Elements(services as u64));
        for (name, stage) in [("check", check as fn(&Memory) -> usize), ("build", build)] {
            group.bench_with_input(BenchmarkId::new(name, services), &loader, |bencher, loader| {
                bencher.iter(|| black_box(stage(loader)));
            });
        }
    }
    group.finish();
}

/// What a build makes in memory beside what jrsonnet writes into a pipe; gives the bytes of both.
fn peers(criterion: &mut Criterion) -> Option<(u64, u64)> {
    let loader = loader(&project::services(COMPARED));
    let made = build(&loader) as u64;
    let jrsonnet =
        Jrsonnet::writing(made).inspect_err(|missing| eprintln!("\n!!! NOT COMPARED WITH JRSONNET: {missing}\n")).ok();
    let mut group = group(criterion, "bytes");
    group.throughput(Throughput::Bytes(made));
    group.bench_function("deployc", |bencher| bencher.iter(|| black_box(build(&loader))));
    if let Some(jrsonnet) = &jrsonnet {
        group.throughput(Throughput::Bytes(jrsonnet.bytes));
        group.bench_function("jrsonnet", |bencher| bencher.iter(|| black_box(jrsonnet.run().expect("it ran before"))));
    }
    group.finish();
    Some((made, jrsonnet?.bytes))
}

fn starting(criterion: &mut Criterion) {
    let mut group = group(criterion, "start");
    group.sample_size(100);
    let hello = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hello");
    let run = |words: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_deployc")).args(words).output().expect("it runs");
        assert!(output.status.success(), "{words:?}: {output:?}");
    };
    group.bench_function("--version", |bencher| bencher.iter(|| run(&["--version"])));
    let folder = hello.to_string_lossy().into_owned();
    group.bench_function("check hello", |bencher| bencher.iter(|| run(&["-C", &folder, "check"])));
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    by_size(&mut criterion, "lex", |text| Tokens::new(text, 0).map(|token| black_box(token).end as usize).sum());
    by_size(&mut criterion, "parse", |text| black_box(syntax::parse(FileId(0), text.to_owned())).1.len());
    formatting(&mut criterion);
    by_size(&mut criterion, "check", |text| check(&loader(text)));
    by_size(&mut criterion, "build", |text| build(&loader(text)));
    by_services(&mut criterion);
    let bytes = peers(&mut criterion);
    starting(&mut criterion);
    criterion.final_summary();
    goals::tell(project::sized(100_000).len() as u64, bytes);
}
