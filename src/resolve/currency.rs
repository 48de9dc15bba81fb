//! Holds the currencies of amounts against the list of the standard library.

use std::ops::Range;

use crate::diag::{Diagnostic, Tie, code};
use crate::nearest::nearest;
use crate::standard;
use crate::syntax::expression::{Condition, Operand};
use crate::syntax::kdl::EntryRef;
use crate::value::{Currency, Money, Quantity};

/// What is told of the currency of an amount; `place` maps bytes of the value to the file.
pub(super) fn of_money(entry: EntryRef<'_>, text: &str) -> Option<Diagnostic> {
    let range = letters(text, 0..text.len())?;
    match Money::parse(text) {
        Ok(money) => unknown(entry, money.currency, range),
        Err(_) => {
            let (word, capitals) = (text.get(range.clone())?, text.get(range.clone())?.to_ascii_uppercase());
            let fixed = [text.get(..range.start)?, &capitals, text.get(range.end..)?].concat();
            let meant = Money::parse(&fixed).is_ok_and(|money| is_known(money.currency));
            meant.then(|| {
                let span = super::typing::place(entry, &range);
                Diagnostic::new(code::TYPE_BAD_VALUE, span, format!("`{word}` is written `{capitals}`"))
                    .label("a currency stands in capitals")
                    .help(format!("write `{fixed}`"))
                    .fix(format!("write `{capitals}`"), span, capitals)
                    .tied(Tie::Unread)
            })
        }
    }
}

/// What is told of the first amount in a condition whose currency there is not.
pub(super) fn of_condition(entry: EntryRef<'_>, text: &str, condition: &Condition) -> Option<Diagnostic> {
    let mut quantities = Vec::new();
    for comparison in condition.comparisons() {
        collect(&comparison.left, &mut quantities);
        collect(&comparison.right, &mut quantities);
    }
    quantities.into_iter().find_map(|(quantity, range)| {
        let currency = quantity.dimension.currency()?;
        unknown(entry, currency, letters(text, range)?)
    })
}

fn collect<'c>(operand: &'c Operand, into: &mut Vec<(&'c Quantity, Range<usize>)>) {
    match operand {
        Operand::Quantity { quantity, place } => into.push((quantity, place.range())),
        Operand::Metric(_) => {}
        Operand::Sum { first, rest, .. } => {
            collect(first, into);
            rest.iter().for_each(|(_, operand)| collect(operand, into));
        }
        Operand::Product { first, rest, .. } => {
            collect(first, into);
            rest.iter().for_each(|(_, operand)| collect(operand, into));
        }
    }
}

/// Where the letters of a currency stand: three of them before any `/`.
fn letters(text: &str, within: Range<usize>) -> Option<Range<usize>> {
    let amount = text.get(within.clone())?.split('/').next()?;
    let start = amount.find(|letter: char| letter.is_ascii_alphabetic())?;
    let word: usize = amount.get(start..)?.bytes().take_while(u8::is_ascii_alphabetic).count();
    let start = within.start + start;
    (word == 3).then_some(start..start + word)
}

fn is_known(currency: Currency) -> bool {
    let code = currency.to_string();
    standard::names("currency").any(|known| known == code)
}

fn unknown(entry: EntryRef<'_>, currency: Currency, range: Range<usize>) -> Option<Diagnostic> {
    if is_known(currency) {
        return None;
    }
    let code = currency.to_string();
    let span = super::typing::place(entry, &range);
    let diagnostic = Diagnostic::new(code::TYPE_BAD_VALUE, span, format!("there is no currency `{code}`"));
    // One letter leads from most codes to several others; only where it leads to one, that was meant.
    let mut near = standard::names("currency").filter(|known| nearest(&code, std::iter::once(*known)).is_some());
    Some(match (near.next(), near.next()) {
        (Some(only), None) => diagnostic.meant(only, only),
        _ => diagnostic
            .label("no code of ISO 4217")
            .help("write the code of a currency as `USD`, `EUR` or `CHF`; `deployc std list currency` has all of them")
            .tied(Tie::Unread),
    })
}
