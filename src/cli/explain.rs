//! `deployc explain`: the page of a finding, or the list of codes.

use clap::ArgMatches;

use crate::cli::Exit;
use crate::cli::context::{Context, complain, print};
use crate::diag::Code;
use crate::nearest::nearest;

pub(super) fn run(_context: &Context, own: &ArgMatches) -> Exit {
    let Some(code) = own.get_one::<String>("code") else {
        let mut list = String::new();
        for (area, codes) in Code::by_area() {
            list.push_str(&format!("{area}/\n"));
            for code in codes {
                list.push_str(&format!("  {:<24} {}\n", code.name(), code.summary()));
            }
        }
        print(&list);
        return Exit::Fine;
    };
    match Code::find(code) {
        Some(code) => {
            print(code.page());
            Exit::Fine
        }
        None => {
            let near = nearest(code, Code::all().map(Code::as_str));
            let hint =
                near.map_or("`deployc explain` lists the codes".to_owned(), |near| format!("did you mean `{near}`?"));
            complain(&format!("there is no code `{code}`: {hint}"));
            Exit::Usage
        }
    }
}
