//! From words to nodes, by descent: a function for each level of binding.

use super::lexer::{Token, Word, is_identifier, words};
use super::{Expression, MAX_DEPTH, MAX_NODES, Node, Operation, SyntaxError};

/// Functions with the number of their arguments.
const FUNCTIONS: [(&str, usize); 6] = [
    ("if", 3),
    ("min", 2),
    ("max", 2),
    ("clip", 3),
    ("abs", 1),
    ("exp_neg", 1),
];
const COMPARISONS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];
/// Words that no part may be called.
const OPERATORS: [&str; 3] = ["and", "or", "not"];

/// Whether a text may be the name of a value.
pub fn is_name(text: &str) -> bool {
    is_identifier(text) && !is_taken(text)
}

/// Whether a name is a word of the language.
fn is_taken(name: &str) -> bool {
    OPERATORS.contains(&name) || FUNCTIONS.iter().any(|(function, _)| *function == name)
}

type Parsed = Result<usize, SyntaxError>;

/// Reads a formula.
pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let mut parser = Parser {
        words: words(text)?,
        next: 0,
        depth: 0,
        nodes: Vec::new(),
        parts: Vec::new(),
    };
    let result = parser.formula()?;
    Ok(Expression {
        nodes: parser.nodes,
        result,
        definitions: parser
            .parts
            .into_iter()
            .map(|part| (part.name.into(), part.at))
            .collect(),
    })
}

/// A part of the formula that has a name.
struct Part<'a> {
    name: &'a str,
    at: usize,
    node: usize,
}

struct Parser<'a> {
    words: Vec<Word<'a>>,
    next: usize,
    depth: usize,
    nodes: Vec<Node>,
    parts: Vec<Part<'a>>,
}

impl<'a> Parser<'a> {
    fn word(&self) -> Word<'a> {
        self.words[self.next]
    }

    /// The word after the next; the end is followed by itself.
    fn after(&self) -> Word<'a> {
        self.words[(self.next + 1).min(self.words.len() - 1)]
    }

    fn advance(&mut self) -> Word<'a> {
        let word = self.word();
        self.next = (self.next + 1).min(self.words.len() - 1);
        word
    }

    /// Takes a symbol or a word if it comes next.
    fn take(&mut self, text: &str) -> bool {
        let is = self.word().text == text && self.word().token != Token::End;
        if is {
            self.advance();
        }
        is
    }

    fn expect(&mut self, symbol: &str, or: &str) -> Result<(), SyntaxError> {
        match self.take(symbol) {
            true => Ok(()),
            false => self.word().wrong(format!("expected {or}{symbol:?}")),
        }
    }

    fn push(&mut self, node: Node) -> Parsed {
        if self.nodes.len() == MAX_NODES {
            let most = format!("a formula has at most {MAX_NODES} numbers, names and operations");
            return self.word().wrong(most);
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    fn apply<const N: usize>(&mut self, operation: Operation, nodes: [usize; N]) -> Parsed {
        let mut all = [0; 3];
        all[..N].copy_from_slice(&nodes);
        self.push(Node::Apply(operation, all))
    }

    fn number(&mut self, number: f64) -> Parsed {
        self.push(Node::Number(number))
    }

    /// 1 where a node is true, else 0, or the other way about.
    fn truth(&mut self, node: usize, [yes, no]: [f64; 2]) -> Parsed {
        let (yes, no) = (self.number(yes)?, self.number(no)?);
        self.apply(Operation::Choose, [node, yes, no])
    }

    /// Goes one level deeper.
    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == MAX_DEPTH {
            let most = format!("brackets, functions and signs stand at most {MAX_DEPTH} deep");
            return self.word().wrong(most);
        }
        self.depth += 1;
        let found = inner(self);
        self.depth -= 1;
        found
    }

    /// Parts with names, then the formula itself.
    fn formula(&mut self) -> Parsed {
        while self.after().token == Token::Symbol("=")
            && matches!(self.word().token, Token::Name(_))
        {
            self.part()?;
        }
        let result = self.disjunction()?;
        match self.word().token {
            Token::End => Ok(result),
            Token::Symbol("=") => self.word().wrong("write == to compare"),
            Token::Symbol(";") => self
                .word()
                .wrong("only a part with a name, such as x = 1, ends with this"),
            Token::Symbol(")") => self
                .word()
                .wrong("nothing is open here that this could close"),
            _ => self
                .word()
                .wrong("expected an operator, such as * or <, or the end"),
        }
    }

    fn part(&mut self) -> Result<(), SyntaxError> {
        let word = self.advance();
        let name = word.text;
        if self.parts.iter().any(|part| part.name == name) {
            return word.wrong("there is a part of this name already");
        }
        if is_taken(name) {
            return word.wrong("this name is taken by the language");
        }
        self.advance();
        let node = self.disjunction()?;
        self.expect(";", "an operator or ")?;
        let at = word.at;
        self.parts.push(Part { name, at, node });
        Ok(())
    }

    fn disjunction(&mut self) -> Parsed {
        let mut left = self.conjunction()?;
        while self.take("or") {
            let right = self.conjunction()?;
            let (right, yes) = (self.truth(right, [1.0, 0.0])?, self.number(1.0)?);
            left = self.apply(Operation::Choose, [left, yes, right])?;
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Parsed {
        let mut left = self.negation()?;
        while self.take("and") {
            let right = self.negation()?;
            let (right, no) = (self.truth(right, [1.0, 0.0])?, self.number(0.0)?);
            left = self.apply(Operation::Choose, [left, right, no])?;
        }
        Ok(left)
    }

    fn negation(&mut self) -> Parsed {
        match self.take("not") {
            true => {
                let node = self.deeper(Self::negation)?;
                self.truth(node, [0.0, 1.0])
            }
            false => self.comparison(),
        }
    }

    fn comparison(&mut self) -> Parsed {
        let left = self.sum()?;
        let symbol = self.word();
        if !COMPARISONS.contains(&symbol.text) {
            return Ok(left);
        }
        self.advance();
        let right = self.sum()?;
        if COMPARISONS.contains(&self.word().text) {
            let twice = "two comparisons are joined by and: a < b and b < c";
            return self.word().wrong(twice);
        }
        match symbol.text {
            "<" => self.apply(Operation::Less, [left, right]),
            "<=" => self.apply(Operation::LessOrEqual, [left, right]),
            ">" => self.apply(Operation::Less, [right, left]),
            ">=" => self.apply(Operation::LessOrEqual, [right, left]),
            "==" => self.apply(Operation::Equal, [left, right]),
            _ => {
                let equal = self.apply(Operation::Equal, [left, right])?;
                self.truth(equal, [0.0, 1.0])
            }
        }
    }

    /// Operands with these operators between them, from left to right.
    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Parsed,
        operators: [(&str, Operation); 2],
    ) -> Parsed {
        let mut left = operand(self)?;
        while let Some((_, operation)) = operators.into_iter().find(|(symbol, _)| self.take(symbol))
        {
            let right = operand(self)?;
            left = self.apply(operation, [left, right])?;
        }
        Ok(left)
    }

    fn sum(&mut self) -> Parsed {
        self.chain(
            Self::product,
            [("+", Operation::Add), ("-", Operation::Subtract)],
        )
    }

    fn product(&mut self) -> Parsed {
        self.chain(
            Self::signed,
            [("*", Operation::Multiply), ("/", Operation::Divide)],
        )
    }

    fn signed(&mut self) -> Parsed {
        if !self.take("-") {
            return self.value();
        }
        if let Token::Number(number) = self.word().token {
            self.advance();
            return self.number(-number);
        }
        let node = self.deeper(Self::signed)?;
        let zero = self.number(0.0)?;
        self.apply(Operation::Subtract, [zero, node])
    }

    fn value(&mut self) -> Parsed {
        let word = self.word();
        match word.token {
            Token::Number(number) => {
                self.advance();
                self.number(number)
            }
            Token::Symbol("(") => {
                self.advance();
                let node = self.deeper(Self::disjunction)?;
                self.expect(")", "an operator or ")?;
                Ok(node)
            }
            Token::Name(name) if !OPERATORS.contains(&name) => {
                self.advance();
                self.named(word, name)
            }
            _ => word.wrong("expected a number, a name, a function, a minus or \"(\""),
        }
    }

    /// A function, a part of the formula or a name from outside.
    fn named(&mut self, word: Word<'a>, name: &'a str) -> Parsed {
        let function = FUNCTIONS.iter().find(|(function, _)| *function == name);
        let opens = self.word().token == Token::Symbol("(");
        match (function, opens) {
            (Some(&(name, count)), true) => self.deeper(|parser| parser.call(name, count)),
            (Some((name, _)), false) => self
                .word()
                .wrong(format!("expected \"(\" after the function {name}")),
            (None, true) => {
                let known = FUNCTIONS.map(|(name, _)| name).join(", ");
                word.wrong(format!(
                    "there is no function of this name; there are {known}"
                ))
            }
            (None, false) => match self.parts.iter().find(|part| part.name == name) {
                Some(part) => Ok(part.node),
                None => self.push(Node::Name {
                    name: name.into(),
                    at: word.at,
                }),
            },
        }
    }

    fn call(&mut self, name: &str, count: usize) -> Parsed {
        self.advance();
        let mut nodes = [0; 3];
        for (place, node) in nodes[..count].iter_mut().enumerate() {
            if place > 0 {
                let more = format!("an operator, or, as {name} takes {count} values, ");
                self.expect(",", &more)?;
            }
            *node = self.disjunction()?;
        }
        if self.word().token == Token::Symbol(",") {
            let many = if count == 1 {
                "one value".into()
            } else {
                format!("{count} values")
            };
            return self.word().wrong(format!("{name} takes {many}"));
        }
        self.expect(")", "an operator or ")?;
        let [a, b, c] = nodes;
        match name {
            "if" => self.apply(Operation::Choose, nodes),
            "min" => self.apply(Operation::Min, [a, b]),
            "max" => self.apply(Operation::Max, [a, b]),
            "clip" => {
                let above = self.apply(Operation::Max, [a, b])?;
                self.apply(Operation::Min, [above, c])
            }
            "abs" => {
                let zero = self.number(0.0)?;
                let other = self.apply(Operation::Subtract, [zero, a])?;
                self.apply(Operation::Max, [a, other])
            }
            _ => self.apply(Operation::ExpNeg, [a]),
        }
    }
}
