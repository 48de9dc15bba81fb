//! stub
#[derive(Clone, Debug, Default)]
pub struct Condition;
impl Condition {
    pub fn parse(_: &str) -> Result<Condition, ExpressionError> {
        Ok(Condition)
    }
}
pub struct ExpressionError {
    pub range: std::ops::Range<usize>,
    pub message: String,
    pub label: String,
    pub also: Vec<(std::ops::Range<usize>, String)>,
    pub help: Option<String>,
}
pub struct Template;
pub enum TemplatePart {
    Literal(String),
    Reference(Reference),
}
pub struct Reference;
impl Reference {
    pub fn words(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
    pub fn word_range(&self, _: usize) -> std::ops::Range<usize> {
        0..0
    }
}
impl Template {
    pub fn parse(_: &str) -> Result<Template, ExpressionError> {
        Ok(Template)
    }
    pub fn parts(&self) -> &[TemplatePart] {
        &[]
    }
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        std::iter::empty()
    }
}
