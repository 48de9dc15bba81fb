//! Conditions and templates of any shape: every text is answered, and what is printed is read again.

use deployc::syntax::expression::{
    Comparison, Condition, Metric, MetricLabel, Operand, Operator, Place, ProductOperator, SumOperator, Template,
    TemplatePart, Timed,
};
use deployc::value::{Duration, Quantity};
use proptest::prelude::*;

/// A word of a metric that is no keyword.
fn segment() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_]{0,6}"
        .prop_filter("keywords are no metrics", |word| !["and", "or", "not", "for", "over"].contains(&word.as_str()))
}

fn metric() -> impl Strategy<Value = Operand> {
    let label = (segment(), any::<String>()).prop_map(|(name, value)| MetricLabel {
        name,
        name_place: Place::default(),
        value,
        value_place: Place::default(),
    });
    let name = proptest::collection::vec(segment(), 1..4).prop_map(|segments| segments.join("."));
    (name, proptest::collection::vec(label, 0..3)).prop_map(|(name, mut labels)| {
        labels.sort_by(|left, right| left.name.cmp(&right.name));
        labels.dedup_by(|left, right| left.name == right.name);
        Operand::Metric(Metric { name, name_place: Place::default(), labels, place: Place::default() })
    })
}

fn quantity() -> impl Strategy<Value = Operand> {
    let unit = prop_oneof![
        Just(""),
        Just("%"),
        Just("ms"),
        Just("m"),
        Just("d"),
        Just("GB"),
        Just("MiB"),
        Just(" req"),
        Just(" req/s"),
        Just(" GB/month"),
        Just(" USD/GB"),
        Just(" CHF"),
        Just(" orders/day"),
        Just("/h"),
    ];
    (0..10_000_u32, 0..3_u32, unit).prop_map(|(digits, places, unit)| {
        let number = f64::from(digits) / f64::from(10_u32.pow(places));
        let quantity = Quantity::parse(&format!("{number}{unit}")).expect("a quantity");
        Operand::Quantity { quantity, place: Place::default() }
    })
}

/// Values in the form that reading gives: a sum never begins with a sum, a product never with a product.
fn operand() -> impl Strategy<Value = Operand> {
    prop_oneof![metric(), quantity()].prop_recursive(3, 12, 3, |inner| {
        let plus = prop_oneof![Just(SumOperator::Plus), Just(SumOperator::Minus)];
        let times = prop_oneof![Just(ProductOperator::Times), Just(ProductOperator::DividedBy)];
        let terms = proptest::collection::vec((plus, inner.clone()), 1..3);
        let factors = proptest::collection::vec((times, inner.clone()), 1..3);
        prop_oneof![
            (inner.clone(), terms).prop_map(|(first, mut rest)| {
                let mut first = Box::new(first);
                if let Operand::Sum { first: inner, rest: more, .. } = *first {
                    rest.splice(0..0, more);
                    first = inner;
                }
                Operand::Sum { first, rest, place: Place::default() }
            }),
            (inner, factors).prop_map(|(first, mut rest)| {
                let mut first = Box::new(first);
                if let Operand::Product { first: inner, rest: more, .. } = *first {
                    rest.splice(0..0, more);
                    first = inner;
                }
                Operand::Product { first, rest, place: Place::default() }
            }),
        ]
    })
}

fn comparison() -> impl Strategy<Value = Condition> {
    let operator = prop_oneof![
        Just(Operator::Greater),
        Just(Operator::GreaterOrEqual),
        Just(Operator::Less),
        Just(Operator::LessOrEqual),
        Just(Operator::Equal),
        Just(Operator::NotEqual),
    ];
    let timed = || {
        proptest::option::of((0..10_000_000_u64).prop_map(|milliseconds| Timed {
            duration: Duration::from_milliseconds(milliseconds),
            place: Place::default(),
        }))
    };
    (operand(), operator, operand(), timed(), timed()).prop_map(|(left, operator, right, hold, over)| {
        let place = Place::default();
        Condition::Comparison(Box::new(Comparison { left, operator, operator_place: place, right, hold, over, place }))
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    comparison().prop_recursive(3, 12, 3, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            parts.clone().prop_map(|parts| {
                let flat = parts
                    .into_iter()
                    .flat_map(|part| if let Condition::Or { parts, .. } = part { parts } else { vec![part] });
                Condition::Or { parts: flat.collect(), place: Place::default() }
            }),
            parts.prop_map(|parts| {
                let flat = parts
                    .into_iter()
                    .flat_map(|part| if let Condition::And { parts, .. } = part { parts } else { vec![part] });
                Condition::And { parts: flat.collect(), place: Place::default() }
            }),
            inner.prop_map(|inner| Condition::Not { inner: Box::new(inner), place: Place::default() }),
        ]
    })
}

/// Words of the language in any order, so that the parser goes far into a text.
fn nearly() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("and"),
        Just("or"),
        Just("not"),
        Just("for"),
        Just("over"),
        Just("fro"),
        Just("a"),
        Just("b.c"),
        Just("5"),
        Just("5m"),
        Just("2%"),
        Just("$3"),
        Just("5 req/s"),
        Just("("),
        Just(")"),
        Just("{"),
        Just("}"),
        Just("x=\"1\""),
        Just(","),
        Just(">"),
        Just("<="),
        Just("=="),
        Just("="),
        Just("+"),
        Just("-"),
        Just("*"),
        Just("/"),
        Just("&&"),
        Just("!"),
        Just("é"),
        Just("\""),
        Just("5 min"),
        Just("${"),
        Just("}"),
        Just("$"),
        Just("."),
        Just("X"),
    ];
    let separator = prop_oneof![Just(""), Just(" "), Just("  ")];
    prop_oneof![
        proptest::collection::vec((word, separator), 0..24)
            .prop_map(|words| words.into_iter().map(|(word, separator)| format!("{word}{separator}")).collect()),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in nearly()) {
        match Condition::parse(&text) {
            Ok(condition) => prop_assert_eq!(Condition::parse(&condition.print()), Ok(condition)),
            Err(error) => {
                prop_assert!(text.get(error.range.clone()).is_some(), "{:?} of {:?}: {}", error.range, text, error);
                for (range, _) in &error.also {
                    prop_assert!(text.get(range.clone()).is_some(), "{:?} of {:?}: {}", range, text, error);
                }
                prop_assert!(error.fix.as_deref() != Some(text.as_str()), "the fix of {:?} changes nothing: {}", text, error);
            }
        }
        match Template::parse(&text) {
            Ok(template) => {
                let printed = template.to_string();
                let again = Template::parse(&printed).unwrap();
                prop_assert_eq!(&printed, &again.to_string());
                prop_assert_eq!(again.parts().len(), template.parts().len());
                for part in template.parts() {
                    if let TemplatePart::Reference(reference) = part {
                        prop_assert_eq!(text.get(reference.place.range()).unwrap(), reference.to_string());
                    }
                }
            }
            Err(error) => prop_assert!(text.get(error.range.clone()).is_some(), "{:?} of {:?}", error.range, text),
        }
    }

    #[test]
    fn every_condition_is_read_as_printed(condition in condition()) {
        let printed = condition.print();
        let read = Condition::parse(&printed);
        prop_assert_eq!(read.as_ref(), Ok(&condition), "{}", printed);
    }
}
