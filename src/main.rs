//! The `deployc` binary: hands the arguments to the library and exits with its code.

fn main() -> std::process::ExitCode {
    deployc::cli::run(std::env::args_os())
}
