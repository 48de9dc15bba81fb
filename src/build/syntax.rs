//! The KDL layer, which the build script shares with the crate.

#[allow(dead_code, unreachable_pub, unused_imports, reason = "the build script needs the parser only")]
#[path = "../syntax/kdl/mod.rs"]
pub(crate) mod kdl;
