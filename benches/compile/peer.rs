//! jrsonnet beside us: it is looked for on this machine and never a dependency.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the generator of the peers' workload, in some folder around this repository.
const GENERATOR: &str = "shared/bench/gen.py";

/// A workload for jrsonnet: the program, and its input.
pub(crate) struct Jrsonnet {
    binary: PathBuf,
    input: tempfile::NamedTempFile,
    /// The bytes that it writes.
    pub(crate) bytes: u64,
}

impl Jrsonnet {
    /// A workload that makes about so many bytes of output; what is missing for it is said.
    pub(crate) fn writing(bytes: u64) -> Result<Jrsonnet, String> {
        let binary = binary().ok_or_else(|| {
            let place =
                cache().map_or_else(|| "FOLDER".to_owned(), |cache| cache.join("jrsonnet").display().to_string());
            format!(
                "no `jrsonnet` on PATH or in the cache of the validators; \
                 `cargo install jrsonnet --version 0.5.0-pre98 --locked --root {place}` puts one there"
            )
        })?;
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let generator = here.ancestors().map(|folder| folder.join(GENERATOR)).find(|file| file.is_file());
        let generator = generator.ok_or_else(|| format!("no `{GENERATOR}` in any folder around this repository"))?;
        let sample = Jrsonnet::of(binary.clone(), &generator, 100)?;
        Jrsonnet::of(binary, &generator, (bytes * 100).div_ceil(sample.bytes))
    }

    fn of(binary: PathBuf, generator: &Path, services: u64) -> Result<Jrsonnet, String> {
        let input = tempfile::NamedTempFile::with_suffix(".jsonnet").map_err(|error| error.to_string())?;
        let file = input.reopen().map_err(|error| error.to_string())?;
        let mut command = Command::new("python3");
        command.arg(generator).arg("jsonnet").arg(services.to_string()).stdout(file);
        let status = command.status().map_err(|error| format!("python3: {error}"))?;
        if !status.success() {
            return Err(format!("{} fails: {status}", generator.display()));
        }
        let mut made = Jrsonnet { binary, input, bytes: 0 };
        made.bytes = made.run()?;
        Ok(made)
    }

    /// Runs it and reads what it writes; gives how many bytes that is.
    pub(crate) fn run(&self) -> Result<u64, String> {
        let mut command = Command::new(&self.binary);
        command.arg(self.input.path()).stdout(Stdio::piped());
        let failed = |error: std::io::Error| format!("{}: {error}", self.binary.display());
        let mut child = command.spawn().map_err(failed)?;
        let bytes = match &mut child.stdout {
            Some(output) => std::io::copy(output, &mut std::io::sink()).map_err(failed)?,
            None => 0,
        };
        let status = child.wait().map_err(failed)?;
        if status.success() { Ok(bytes) } else { Err(format!("{} fails: {status}", self.binary.display())) }
    }
}

/// The program on PATH, or in the cache of the validators.
fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("jrsonnet"));
    let cached = cache().map(|cache| cache.join("jrsonnet/bin/jrsonnet"));
    on_path.chain(cached).find(|file| file.is_file())
}

/// Where `tests/validators/install` keeps what it installs.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("DEPLOYC_CACHE").or_else(|| {
        let caches = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
        Some(caches.join("deployc-validators"))
    })
}
