//! Nodes: name, entries, and the order in which entries and blocks may come.

use super::block::{Fate, Progress, Unfinished};
use super::brace;
use super::class::{is_reserved, looks_numeric};
use super::document::{AnnotationData, EntryData, NONE, Range, Slice};
use super::foreign::Reading;
use super::habit;
use super::mistake;
use super::parser::Parser;
use super::token::{Continuation, TokenKind};
use super::value::Lexeme;

impl Parser<'_> {
    /// A node, up to its end or to the start of its block.
    pub(super) fn node(&mut self, fate: Fate) {
        let start = self.token.start;
        let before = self.nodes.len();
        let node = self.push_node(start);
        let mut owner = Unfinished { node, fate, progress: Progress::Entries };
        if self.token.kind == TokenKind::Hash {
            self.hash_comment();
            owner.fate = Fate::Dropped;
            return self.rest_of_node(owner);
        }
        let annotation = self.annotation();
        match self.lexeme() {
            Some(name) => {
                let is_unquotable = self.is_unquotable(&name);
                if is_unquotable {
                    self.problems
                        .push(mistake::bad_name(self.span(name.range.start, name.range.end), self.slice(name.range)));
                }
                if let Some(data) = self.nodes.get_mut(node as usize) {
                    data.name = name.text;
                    data.name_range = name.range;
                    data.range.end = name.range.end;
                    data.head_end = name.range.end;
                    data.annotation = annotation.map_or(NONE, |annotation| annotation.index);
                }
                if self.is_property(&name) {
                    self.stray_property(&name, before);
                }
            }
            None => {
                owner.fate = Fate::Dropped;
                self.no_name(annotation);
            }
        }
        self.rest_of_node(owner);
    }

    /// Whether a bare word cannot be a name.
    pub(super) fn is_unquotable(&self, name: &Lexeme) -> bool {
        name.is_bare() && {
            let text = self.slice(name.range);
            is_reserved(text) || looks_numeric(text)
        } || name.is_keyword()
    }

    /// Something that is no name where a node should start.
    fn no_name(&mut self, annotation: Option<Annotation>) {
        let here = self.span(self.token.start, self.token.end);
        let is_slashdash = self.token.kind == TokenKind::Slashdash;
        match annotation {
            Some(_) if is_slashdash => {
                self.problems.push(mistake::misplaced_slashdash(here, "between a type and its node"));
            }
            Some(annotation) => self.annotation_alone(&annotation, "node"),
            None => self.problems.push(mistake::unexpected(here, self.slice(self.here()), "where a node should start")),
        }
        if let TokenKind::Slashdash | TokenKind::Equals | TokenKind::RightParen = self.token.kind {
            self.advance();
            self.is_free = true;
        }
    }

    /// Nothing that can have a type follows a type.
    fn annotation_alone(&mut self, annotation: &Annotation, what: &str) {
        if annotation.state == AnnotationState::Sound {
            let span = self.span(annotation.range.start, annotation.range.end);
            self.problems.push(mistake::annotation_without(span, what));
        }
    }

    /// What comes behind the name or behind a block: entries, blocks, the end of the node.
    pub(super) fn rest_of_node(&mut self, mut owner: Unfinished) {
        loop {
            self.node_space();
            match self.token.kind {
                TokenKind::End | TokenKind::RightBrace | TokenKind::Newline | TokenKind::LineComment => break,
                TokenKind::Semicolon => {
                    self.advance();
                    break;
                }
                TokenKind::LeftBrace => {
                    if owner.progress >= Progress::Block {
                        let problem = brace::second_block(self.span(self.token.start, self.token.end));
                        self.problems.push(problem);
                    }
                    return self.open_block(owner, Fate::Kept);
                }
                TokenKind::Slashdash => {
                    if self.slashdash(&mut owner) == Flow::BlockOpened {
                        return;
                    }
                }
                TokenKind::Equals => self.equals_behind_name(),
                TokenKind::Hash if self.slice(self.here()) == "#" => self.hash_comment(),
                TokenKind::Word
                | TokenKind::Quoted(_)
                | TokenKind::Raw(_)
                | TokenKind::LegacyRaw(_)
                | TokenKind::Hash
                | TokenKind::Backslash(_)
                | TokenKind::Illegal
                | TokenKind::LeftParen
                | TokenKind::RightParen
                | TokenKind::Space
                | TokenKind::BlockComment(_)
                | TokenKind::Forbidden => {
                    if owner.progress == Progress::Block && self.starts_another_node() {
                        let problem = mistake::nodes_on_one_line(
                            self.span(self.last_end, self.token.end),
                            self.slice(self.here()),
                            self.last_end,
                        );
                        self.problems.push(problem);
                        break;
                    }
                    if self.comma_before_node() {
                        break;
                    }
                    self.entry_of(&mut owner);
                }
            }
        }
        self.finish_node(owner);
    }

    /// Whether a word behind `}` is rather the next node than an argument that came too late.
    fn starts_another_node(&self) -> bool {
        self.token.kind == TokenKind::Word
            && !looks_numeric(self.slice(self.here()))
            && !is_reserved(self.slice(self.here()))
            && !self.equals_follows()
    }

    /// An entry; one that comes behind a block is left out.
    fn entry_of(&mut self, owner: &mut Unfinished) {
        let before = self.entries.len();
        let start = self.token.start;
        let is_late = owner.progress != Progress::Entries;
        self.entry(owner.node);
        if !is_late {
            return self.extend_head(*owner);
        }
        self.entries.truncate(before);
        if owner.progress != Progress::Told {
            owner.progress = Progress::Told;
            let end = self.last_end.max(start);
            let text = self.slice(Range { start, end });
            self.problems.push(mistake::entry_after_children(self.span(start, end), text));
        }
    }

    /// The entry that was just read belongs to the node.
    fn extend_head(&mut self, owner: Unfinished) {
        let entries_end = self.entries.len() as u32;
        let end = self.entries.last().map_or(0, |entry| entry.value_range.end);
        if let Some(node) = self.nodes.get_mut(owner.node as usize)
            && entries_end > node.entries_end
        {
            node.entries_end = entries_end;
            node.head_end = end;
            node.range.end = end;
        }
    }

    /// `/-` within a node: takes out the entry or block behind it.
    fn slashdash(&mut self, owner: &mut Unfinished) -> Flow {
        let slashdash = self.span(self.token.start, self.token.end);
        self.advance();
        self.is_free = true;
        self.line_space();
        match self.token.kind {
            TokenKind::LeftBrace => {
                self.open_block(*owner, Fate::Dropped);
                return Flow::BlockOpened;
            }
            TokenKind::End | TokenKind::RightBrace | TokenKind::Semicolon => {
                self.problems.push(mistake::empty_slashdash(slashdash));
            }
            TokenKind::Equals => {
                self.problems.push(mistake::misplaced_slashdash(slashdash, "between a key and its value"));
                self.advance();
                self.is_free = true;
            }
            TokenKind::Slashdash => self.problems.push(mistake::misplaced_slashdash(slashdash, "before another `/-`")),
            TokenKind::Word
            | TokenKind::Quoted(_)
            | TokenKind::Raw(_)
            | TokenKind::LegacyRaw(_)
            | TokenKind::Hash
            | TokenKind::Backslash(Continuation::Line | Continuation::Stray)
            | TokenKind::Illegal
            | TokenKind::LeftParen
            | TokenKind::RightParen
            | TokenKind::Space
            | TokenKind::Newline
            | TokenKind::LineComment
            | TokenKind::BlockComment(_)
            | TokenKind::Forbidden => {
                let before = self.entries.len();
                let start = self.token.start;
                self.entry(owner.node);
                self.entries.truncate(before);
                if owner.progress != Progress::Entries && owner.progress != Progress::Told {
                    owner.progress = Progress::Told;
                    let text = self.slice(Range { start, end: self.last_end.max(start) });
                    self.problems.push(mistake::entry_after_children(self.span(start, self.last_end.max(start)), text));
                }
            }
        }
        Flow::Goes
    }

    /// `name = value`, as other languages write what is `name value` here.
    fn equals_behind_name(&mut self) {
        let equals = self.span(self.token.start, self.token.end);
        let blank_start = self.last_end;
        self.advance();
        self.node_space();
        let gap = self.span(blank_start.min(equals.start), self.token.start.max(equals.end));
        self.problems.push(habit::stray_equals(equals, gap, self.slice(Range { start: gap.start, end: gap.end })));
        self.is_free = true;
    }

    /// An argument or property.
    fn entry(&mut self, node: u32) {
        if self.separation() == Reading::Passed {
            return;
        }
        if self.is_at_bracket() {
            for value in self.list() {
                self.push_entry(node, None, &value, NONE);
            }
            return;
        }
        let annotation = self.annotation();
        let index = annotation.as_ref().map_or(NONE, |annotation| annotation.index);
        let Some(lexeme) = self.lexeme() else { return self.no_entry(annotation) };
        self.node_space();
        if self.token.kind != TokenKind::Equals {
            return self.push_entry(node, None, &lexeme, index);
        }
        if self.is_unquotable(&lexeme) {
            let range = self.span(lexeme.range.start, lexeme.range.end);
            self.problems.push(mistake::bad_name(range, self.slice(lexeme.range)));
        }
        let equals_end = self.token.end;
        self.advance();
        self.node_space();
        if let Some(annotation) = annotation {
            let (span, text) = (self.span(annotation.range.start, annotation.range.end), self.slice(annotation.range));
            let value = self.span(self.token.start, self.token.start);
            self.problems.push(mistake::annotation_before_key(span, text, value));
        }
        self.property(node, &lexeme, index, equals_end);
    }

    /// The value of a property, the parser being behind its `=`.
    fn property(&mut self, node: u32, key: &Lexeme, early: u32, equals_end: u32) {
        let key_start = key.range.start;
        if self.token.kind == TokenKind::Slashdash {
            let here = self.span(self.token.start, self.token.end);
            self.problems.push(mistake::misplaced_slashdash(here, "between a key and its value"));
            self.advance();
            self.node_space();
            let _ = self.lexeme();
            return;
        }
        if self.is_at_bracket() {
            if let Some(value) = self.list().first() {
                self.push_entry(node, Some(key), value, early);
            }
            return;
        }
        let annotation = self.annotation();
        if let Some(value) = self.lexeme() {
            let index = annotation.map_or(early, |annotation| annotation.index);
            return self.push_entry(node, Some(key), &value, index);
        }
        if annotation.is_some() {
            return self.no_entry(annotation);
        }
        let key_text = self.slice(key.range);
        self.problems.push(mistake::missing_value(self.span(key_start, equals_end), key_text));
        if self.token.kind == TokenKind::Equals {
            self.advance();
            self.is_free = true;
        }
    }

    fn push_entry(&mut self, node: u32, key: Option<&Lexeme>, value: &Lexeme, annotation: u32) {
        let (kind, text) = self.scalar(value);
        self.entries.push(EntryData {
            key: key.map_or(Slice::default(), |key| key.text),
            key_range: key.map_or(Range { start: NONE, end: NONE }, |key| key.range),
            value: text,
            value_range: value.range,
            annotation,
            kind,
            node,
        });
    }

    /// Something that is no value where an entry should be.
    fn no_entry(&mut self, annotation: Option<Annotation>) {
        let here = self.span(self.token.start, self.token.end);
        match annotation {
            None => {
                self.problems.push(mistake::unexpected(here, self.slice(self.here()), "among the values of a node"));
                self.advance();
                self.is_free = true;
            }
            Some(_) if self.token.kind == TokenKind::Slashdash => {
                self.problems.push(mistake::misplaced_slashdash(here, "between a type and its value"));
                self.advance();
                self.node_space();
                let _ = self.lexeme();
            }
            Some(annotation) => self.annotation_alone(&annotation, "value"),
        }
    }

    /// `(type)` and the blanks behind it, if the parser is at a parenthesis.
    fn annotation(&mut self) -> Option<Annotation> {
        if self.token.kind != TokenKind::LeftParen {
            return None;
        }
        let start = self.token.start;
        self.advance();
        self.node_space();
        let mut state = AnnotationState::Sound;
        if self.token.kind == TokenKind::Slashdash {
            let here = self.span(self.token.start, self.token.end);
            self.problems.push(mistake::misplaced_slashdash(here, "within a type"));
            state = AnnotationState::Told;
            self.advance();
            self.node_space();
        }
        let name = self.lexeme();
        self.node_space();
        let is_closed = self.token.kind == TokenKind::RightParen;
        if is_closed {
            self.advance();
        } else {
            // Behind a parenthesis that is not closed nothing needs a blank.
            self.is_free = true;
        }
        let range = Range { start, end: self.last_end };
        let span = self.span(range.start, range.end);
        let problem = match &name {
            None => Some(mistake::empty_annotation(span)),
            Some(_) if !is_closed => Some(mistake::unclosed_annotation(span)),
            Some(name) if self.is_unquotable(name) => {
                let name_span = self.span(name.range.start, name.range.end);
                Some(mistake::bad_name(name_span, self.slice(name.range)))
            }
            Some(_) => None,
        };
        if let Some(problem) = problem.filter(|_| state == AnnotationState::Sound) {
            self.problems.push(problem);
            state = AnnotationState::Told;
        }
        let index = name.map_or(NONE, |name| {
            self.annotations.push(AnnotationData { text: name.text, range });
            self.annotations.len() as u32 - 1
        });
        self.node_space();
        Some(Annotation { index, range, state })
    }
}

/// A type in parentheses.
struct Annotation {
    /// Its place in the arena, or `NONE`.
    index: u32,
    range: Range,
    state: AnnotationState,
}

/// Whether something was told about a type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AnnotationState {
    Sound,
    Told,
}

/// What to do behind a `/-`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Goes,
    BlockOpened,
}
