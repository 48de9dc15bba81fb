//! The scripts in `ops/`: the one implementation of a rollout, run by hand and by the workflows.

mod steps;

pub use steps::{PlannedStep, ReleaseJob, Step, moves_traffic, release_jobs, steps};
