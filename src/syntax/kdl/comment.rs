//! Which comments belong to a node.

use super::document::{NodeRef, Range};
use super::token::{TokenKind, Tokens};
use crate::source::Span;

impl NodeRef<'_> {
    /// The comments directly above the node: on the lines before it without a blank line between, or before it on its line.
    pub fn leading_comments(self) -> Option<Span> {
        let start = self.gap_start();
        let end = self.data().range.start;
        let gap = self.document().text().get(start as usize..end as usize)?;
        let mut comments: Option<Range> = None;
        // Line breaks since the last thing that was not blank; what stands behind other code belongs to that.
        let mut newlines = if start == 0 { 1 } else { 0 };
        let is_behind_brace = self.document().text().get(..start as usize).is_some_and(|before| before.ends_with('{'));
        let mut is_own_line = start == 0 || is_behind_brace;
        // On a line that starts with other code, a comment belongs to the node only if that is on the line too.
        let mut shares_line = is_behind_brace;
        for token in Tokens::new(gap, start) {
            match token.kind {
                TokenKind::Space => {}
                TokenKind::Newline => {
                    newlines += 1;
                    is_own_line = true;
                    if newlines > 1 || shares_line {
                        comments = None;
                    }
                    shares_line = false;
                }
                TokenKind::LineComment | TokenKind::BlockComment(_) => {
                    newlines = 0;
                    if is_own_line {
                        comments =
                            Some(Range { start: comments.map_or(token.start, |range| range.start), end: token.end });
                    }
                }
                TokenKind::Semicolon => {
                    is_own_line = true;
                    shares_line = true;
                }
                TokenKind::Slashdash
                | TokenKind::LeftBrace
                | TokenKind::RightBrace
                | TokenKind::LeftParen
                | TokenKind::RightParen
                | TokenKind::Equals
                | TokenKind::Word
                | TokenKind::Quoted(_)
                | TokenKind::Raw(_)
                | TokenKind::LegacyRaw(_)
                | TokenKind::Hash
                | TokenKind::Backslash(_)
                | TokenKind::Illegal
                | TokenKind::Forbidden
                | TokenKind::End => {
                    comments = None;
                    is_own_line = false;
                    newlines = 0;
                }
            }
        }
        comments.map(|range| self.document().span(range))
    }

    /// Where the text before this node begins: behind its previous sibling, the brace of its parent, or the file's start.
    fn gap_start(self) -> u32 {
        let data = self.data();
        let nodes = &self.document().nodes;
        let mut previous = self.id().checked_sub(1).filter(|&previous| previous != data.parent);
        while let Some(node) = previous.and_then(|id| nodes.get(id as usize)) {
            if node.parent == data.parent {
                return node.range.end;
            }
            previous = Some(node.parent);
        }
        match nodes.get(data.parent as usize) {
            Some(parent) => parent.block.start + 1,
            None => 0,
        }
    }
}
