//! Which nodes and words of the language the emitters compile; what is not listed here is `output/not-yet`.

/// The top-level nodes that end in outputs, or steer the compiler.
pub const NODES: &[&str] = &[
    "edition",
    "require",
    "import",
    "app",
    "var",
    "preset",
    "service",
    "task",
    "resource",
    "secret",
    "metric",
    "environment",
    "strategy",
    "pipeline",
    "observe",
    "slo",
    "alert",
    "dashboard",
    "runbook",
    "threats",
    "control",
    "checklist",
    "output",
];

/// Nodes inside of `output` that are compiled.
pub const OUTPUTS: &[&str] = &["docs", "patch", "allow"];

/// Words of closed lists that choose a target: of these lists, only the words here are compiled.
pub const WORDS: &[(&str, &str)] = &[
    ("pipeline-service", "github"),
    ("metrics-backend", "prometheus"),
    ("dashboard-backend", "grafana"),
    ("host-format", "current"),
];
