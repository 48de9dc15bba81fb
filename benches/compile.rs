//! How long each stage takes, by size of the input and by number of services; `kdl` parses the same text beside it.
//!
//! `cargo bench` runs all; `cargo bench -- parse` the parsers. Nothing here is a test: times are looked at, not asserted.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a benchmark may fail loudly")]

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use deployc::loader::Memory;
use deployc::render;
use deployc::source::FileId;
use deployc::syntax;

/// A project of so many services with cross-references, one objective each, and two environments.
fn project(services: usize) -> String {
    let mut text = String::from(
        "edition \"2026\"\napp \"bench\" { repo \"github.com/acme/bench\"; owner \"team\" contact=\"team@acme.example\" }\n\
         resource \"orders\" kind=\"postgres\" version=\"16\" { storage \"10GiB\"; backup every=\"1d\" keep=\"7d\" }\n\
         observe { metrics \"prometheus\" url=\"https://prometheus.acme.example\" retention=\"30d\"; route \"page\" to=\"webhook\" key=\"${secret.hook}\" escalate-after=\"15m\" }\n\
         secret \"hook\" { from \"gcp-secret-manager\" path=\"hook\"; rotate every=\"90d\" owner=\"team\" then=\"none\" }\n\
         strategy \"careful\" kind=\"canary\" { step weight=\"10%\" hold=\"30m\"; step weight=\"100%\"; rollback within=\"15m\" { when \"error_rate > 2% for 5m\" } }\n\
         environment \"staging\" { host \"cloud-run\" region=\"europe-west1\" project=\"acme-staging\"; trigger push=\"main\" }\n\
         environment \"production\" { host \"cloud-run\" region=\"europe-west1\" project=\"acme-prod\"; promote from=\"staging\"; strategy \"careful\" }\n",
    );
    for index in 0..services {
        let next = (index + 1) % services.max(1);
        let calls = if services > 1 { format!("calls \"s{next}\"; ") } else { String::new() };
        let _ = writeln!(
            text,
            "service \"s{index}\" {{\n    image \"ghcr.io/acme/s{index}:1.0.{index}\"\n    http port=8080 {{ health \"/healthz\" }}\n    \
             size cpu=\"1\" memory=\"512MiB\"\n    scale min=1 max=4\n    usage traffic=\"1M req/month\" egress=\"1 GB/month\"\n    {calls}uses \"orders\"\n    \
             env {{ LOG_LEVEL \"info\"; DATABASE_URL \"${{resource.orders.url}}\"; NAME \"${{environment.name}}-s{index}\" }}\n}}\n\
             slo \"s{index}-availability\" service=\"s{index}\" {{ objective \"99.9%\" window=\"30d\" sli=\"availability\"; notify page=\"page\" }}"
        );
    }
    text
}

/// A document of about so many bytes.
fn document(bytes: usize) -> String {
    let one = project(1).len();
    project((bytes / 420).max(1)).chars().take(bytes.max(one)).collect::<String>()
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, size) in [("1 KB", 1_000), ("100 KB", 100_000), ("10 MB", 10_000_000)] {
        let text = project((size / 420).max(1));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.sample_size(10);
        group.bench_with_input(BenchmarkId::new("deployc", name), &text, |bencher, text| {
            bencher.iter(|| black_box(syntax::parse(FileId(0), text.clone())));
        });
        if size <= 100_000 {
            group.bench_with_input(BenchmarkId::new("kdl", name), &text, |bencher, text| {
                bencher.iter(|| black_box(text.parse::<kdl::KdlDocument>()));
            });
        }
    }
    group.finish();
}

fn formatting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("format");
    for (name, size) in [("1 KB", 1_000), ("100 KB", 100_000)] {
        let text = document(size);
        let (tree, _) = syntax::parse(FileId(0), text.clone());
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(syntax::format(&tree))));
    }
    group.finish();
}

fn compiling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("services");
    group.sample_size(10);
    for services in [1, 10, 100, 1_000] {
        let loader = Memory::new().with("deploy.kdl", project(services).into_bytes());
        group.throughput(Throughput::Elements(services as u64));
        group.bench_with_input(BenchmarkId::new("check", services), &loader, |bencher, loader| {
            bencher.iter(|| black_box(deployc::check(loader, "deploy.kdl", None).expect("readable")));
        });
        group.bench_with_input(BenchmarkId::new("build", services), &loader, |bencher, loader| {
            bencher.iter(|| {
                let mut compilation = deployc::check(loader, "deploy.kdl", None).expect("readable");
                let artifacts = compilation.build().unwrap_or_default();
                let mut bytes = Vec::new();
                let mut total = 0;
                for artifact in &artifacts {
                    bytes.clear();
                    render::render(artifact, &mut bytes);
                    total += bytes.len();
                }
                black_box(total)
            });
        });
    }
    group.finish();
}

fn starting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("start");
    group.sample_size(50);
    let hello = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/hello");
    let run = |words: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_deployc")).args(words).output().expect("it runs");
        black_box(output.status)
    };
    group.bench_function("--version", |bencher| bencher.iter(|| run(&["--version"])));
    let folder = hello.to_string_lossy().into_owned();
    group.bench_function("check hello", |bencher| bencher.iter(|| run(&["-C", &folder, "check"])));
    group.finish();
}

criterion_group!(benches, parsing, formatting, compiling, starting);
criterion_main!(benches);
