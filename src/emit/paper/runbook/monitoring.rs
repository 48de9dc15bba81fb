//! The section Monitoring.
use crate::artifact::markdown::Block;
use crate::plan::Plan;
pub(super) fn blocks(_plan: &Plan<'_>) -> Vec<Block> { Vec::new() }
