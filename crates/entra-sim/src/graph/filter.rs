//! `$filter`: the part of the grammar that the directory supports (facts §7).

use serde_json::Value;

use super::error::{GraphError, Result};
use crate::tenant::Kind;

/// A literal of a filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Bool(bool),
    Null,
    Number(i64),
}

/// A parsed filter.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Equal(String, Literal),
    Unequal(String, Literal),
    In(String, Vec<Literal>),
    StartsWith(String, String),
    EndsWith(String, String),
    Any(String, String),
    /// `isof('type')`, for delta queries alone (facts §3.6).
    IsOf(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Mark(char),
}

fn syntax(at: usize, text: &str) -> GraphError {
    GraphError::new(
        400,
        "BadRequest",
        format!("Invalid filter clause: Syntax error at position {at} in '{text}'."),
    )
}

fn tokens(text: &str) -> Result<Vec<Token>> {
    let mut found = Vec::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            ' ' | '\t' => {}
            '(' | ')' | ',' | ':' => found.push(Token::Mark(letter)),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match letters.next() {
                        Some((_, '\'')) if letters.next_if(|next| next.1 == '\'').is_some() => {
                            literal.push('\'')
                        }
                        Some((_, '\'')) => break,
                        Some((_, other)) => literal.push(other),
                        None => {
                            let message = format!(
                                "There is an unterminated string literal at position {} in '{text}'.",
                                text.len()
                            );
                            return Err(GraphError::new(400, "BadRequest", message));
                        }
                    }
                }
                found.push(Token::Text(literal));
            }
            _ if letter.is_alphanumeric() || "-_/.$@".contains(letter) => {
                let mut word = letter.to_string();
                while let Some((_, more)) =
                    letters.next_if(|next| next.1.is_alphanumeric() || "-_/.$@".contains(next.1))
                {
                    word.push(more);
                }
                found.push(Token::Word(word));
            }
            _ => return Err(syntax(at, text)),
        }
    }
    Ok(found)
}

struct Parser<'a> {
    text: &'a str,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

/// Parses a filter.
pub(crate) fn parse(text: &str) -> Result<Filter> {
    let mut parser = Parser { text, tokens: tokens(text)?.into_iter().peekable(), depth: 0 };
    let filter = parser.either()?;
    if parser.tokens.next().is_some() { Err(parser.wrong()) } else { Ok(filter) }
}

impl Parser<'_> {
    fn wrong(&self) -> GraphError {
        syntax(self.text.len(), self.text)
    }

    fn word(&mut self, wanted: &str) -> bool {
        self.tokens
            .next_if(
                |token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(wanted)),
            )
            .is_some()
    }

    fn mark(&mut self, wanted: char) -> Result<()> {
        self.tokens.next_if_eq(&Token::Mark(wanted)).map(|_| ()).ok_or_else(|| self.wrong())
    }

    fn either(&mut self) -> Result<Filter> {
        // A deeper filter is refused instead of using up the stack.
        self.depth += 1;
        if self.depth > 30 {
            return Err(self.wrong());
        }
        let mut left = self.both()?;
        while self.word("or") {
            left = Filter::Or(Box::new(left), Box::new(self.both()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn both(&mut self) -> Result<Filter> {
        let mut left = self.single()?;
        while self.word("and") {
            left = Filter::And(Box::new(left), Box::new(self.single()?));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Filter> {
        if self.tokens.next_if_eq(&Token::Mark('(')).is_some() {
            let inner = self.either()?;
            self.mark(')')?;
            return Ok(inner);
        }
        if self.word("not") {
            self.mark('(')?;
            let inner = self.either()?;
            self.mark(')')?;
            return Ok(Filter::Not(Box::new(inner)));
        }
        let Some(Token::Word(name)) = self.tokens.next() else { return Err(self.wrong()) };
        if self.tokens.next_if_eq(&Token::Mark('(')).is_some() {
            return self.function(&name);
        }
        self.comparison(name)
    }

    fn function(&mut self, name: &str) -> Result<Filter> {
        if let Some(property) = name.strip_suffix("/any") {
            let Some(Token::Word(variable)) = self.tokens.next() else { return Err(self.wrong()) };
            self.mark(':')?;
            let (inner, literal) = (self.tokens.next(), self.word("eq"));
            let (true, Some(Token::Text(text))) =
                (literal && inner == Some(Token::Word(variable)), self.tokens.next())
            else {
                return Err(self.wrong());
            };
            self.mark(')')?;
            return Ok(Filter::Any(property.to_owned(), text));
        }
        if name.eq_ignore_ascii_case("isof") {
            let Some(Token::Text(kind)) = self.tokens.next() else { return Err(self.wrong()) };
            self.mark(')')?;
            return Ok(Filter::IsOf(kind));
        }
        let Some(Token::Word(property)) = self.tokens.next() else { return Err(self.wrong()) };
        self.mark(',')?;
        let Some(Token::Text(text)) = self.tokens.next() else { return Err(self.wrong()) };
        self.mark(')')?;
        match name.to_ascii_lowercase().as_str() {
            "startswith" => Ok(Filter::StartsWith(property, text)),
            "endswith" => Ok(Filter::EndsWith(property, text)),
            "contains" => Err(unsupported(&property, Kind::Group)),
            _ => Err(GraphError::new(
                400,
                "BadRequest",
                format!("Invalid filter clause: An unknown function with name '{name}' was found."),
            )),
        }
    }

    fn comparison(&mut self, property: String) -> Result<Filter> {
        let Some(Token::Word(operator)) = self.tokens.next() else { return Err(self.wrong()) };
        match operator.to_ascii_lowercase().as_str() {
            "eq" => Ok(Filter::Equal(property, self.literal()?)),
            "ne" => Ok(Filter::Unequal(property, self.literal()?)),
            "in" => {
                self.mark('(')?;
                let mut literals = vec![self.literal()?];
                while self.tokens.next_if_eq(&Token::Mark(',')).is_some() {
                    literals.push(self.literal()?);
                }
                self.mark(')')?;
                Ok(Filter::In(property, literals))
            }
            "gt" | "ge" | "lt" | "le" => Err(unsupported(&property, Kind::Group)),
            _ => Err(self.wrong()),
        }
    }

    fn literal(&mut self) -> Result<Literal> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Ok(Literal::Bool(true)),
                "false" => Ok(Literal::Bool(false)),
                "null" => Ok(Literal::Null),
                number => number.parse().map(Literal::Number).map_err(|_| self.wrong()),
            },
            _ => Err(self.wrong()),
        }
    }
}

/// The message of facts §7 for anything that the directory does not index.
pub(crate) fn unsupported(property: &str, kind: Kind) -> GraphError {
    GraphError::unsupported_query(format!(
        "Unsupported or invalid query filter clause specified for property '{property}' of resource '{}'.",
        kind.capital_name()
    ))
}

const TEXTS: [&str; 16] = [
    "id",
    "displayName",
    "mail",
    "userPrincipalName",
    "mailNickname",
    "appId",
    "principalId",
    "roleDefinitionId",
    "directoryScopeId",
    "appScopeId",
    "userType",
    "department",
    "jobTitle",
    "employeeId",
    "givenName",
    "surname",
];
const BOOLEANS: [&str; 7] = [
    "accountEnabled",
    "mailEnabled",
    "securityEnabled",
    "onPremisesSyncEnabled",
    "isAssignableToRole",
    "isManagementRestricted",
    "isBuiltIn",
];
const COLLECTIONS: [&str; 3] = ["groupTypes", "resourceProvisioningOptions", "proxyAddresses"];

impl Filter {
    /// Refuses what the directory does not support; `advanced` is ConsistencyLevel plus `$count=true`.
    pub(crate) fn check(&self, kind: Kind, known: &[&str], advanced: bool) -> Result<()> {
        let property = |name: &str, supported: &[&str]| {
            let fine = supported.contains(&name) && known.contains(&name);
            if fine { Ok(()) } else { Err(unsupported(name, kind)) }
        };
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.check(kind, known, advanced)?;
                right.check(kind, known, advanced)
            }
            Self::Not(_) | Self::Unequal(..) | Self::EndsWith(..) if !advanced => {
                Err(unsupported(self.property().unwrap_or_default(), kind))
            }
            Self::Not(inner) => inner.check(kind, known, advanced),
            Self::Equal(name, literal) | Self::Unequal(name, literal) => {
                check_literal(kind, known, name, literal, advanced)
            }
            Self::In(name, literals) => {
                if literals.len() > 15 {
                    return Err(GraphError::unsupported_query(format!(
                        "Too many child clauses specified in search filter expression containing 'OR' operators: {}. \
                         Max allowed: 15.",
                        literals.len()
                    )));
                }
                literals
                    .iter()
                    .try_for_each(|literal| check_literal(kind, known, name, literal, advanced))
            }
            Self::StartsWith(name, _) => {
                property(name, &TEXTS[1..5])?;
                Ok(())
            }
            Self::EndsWith(name, _) => {
                property(name, &["mail", "userPrincipalName", "proxyAddresses"])
            }
            Self::Any(name, _) => property(name, &COLLECTIONS),
            Self::IsOf(_) => Err(unsupported("@odata.type", kind)),
        }
    }

    /// The property that a filter is about, the first of several.
    pub(super) fn property(&self) -> Option<&str> {
        match self {
            Self::And(left, _) | Self::Or(left, _) | Self::Not(left) => left.property(),
            Self::Equal(name, _)
            | Self::Unequal(name, _)
            | Self::In(name, _)
            | Self::StartsWith(name, _)
            | Self::EndsWith(name, _)
            | Self::Any(name, _) => Some(name),
            Self::IsOf(_) => Some("@odata.type"),
        }
    }

    /// Whether an object passes; `read` gives a property's value.
    pub(crate) fn passes(&self, ignore_case: bool, read: &dyn Fn(&str) -> Value) -> bool {
        let same = |left: &str, right: &str| {
            left == right || (ignore_case && left.to_lowercase() == right.to_lowercase())
        };
        let folded = |text: &str| if ignore_case { text.to_lowercase() } else { text.to_owned() };
        let equal = |name: &str, literal: &Literal| match (read(name), literal) {
            (Value::String(value), Literal::Text(text)) => same(&value, text),
            (Value::Bool(value), Literal::Bool(wanted)) => value == *wanted,
            (Value::Null, Literal::Null) => true,
            _ => false,
        };
        match self {
            Self::And(left, right) => {
                left.passes(ignore_case, read) && right.passes(ignore_case, read)
            }
            Self::Or(left, right) => {
                left.passes(ignore_case, read) || right.passes(ignore_case, read)
            }
            Self::Not(inner) => !inner.passes(ignore_case, read),
            Self::Equal(name, literal) => equal(name, literal),
            Self::Unequal(name, literal) => !equal(name, literal),
            Self::In(name, literals) => literals.iter().any(|literal| equal(name, literal)),
            Self::StartsWith(name, text) => {
                read(name).as_str().is_some_and(|value| folded(value).starts_with(&folded(text)))
            }
            Self::EndsWith(name, text) => {
                read(name).as_str().is_some_and(|value| folded(value).ends_with(&folded(text)))
            }
            // No list takes it.
            Self::IsOf(_) => false,
            Self::Any(name, text) => read(name).as_array().is_some_and(|values| {
                values.iter().filter_map(Value::as_str).any(|value| same(value, text))
            }),
        }
    }
}

fn check_literal(
    kind: Kind,
    known: &[&str],
    name: &str,
    literal: &Literal,
    advanced: bool,
) -> Result<()> {
    let (text, boolean) = (TEXTS.contains(&name), BOOLEANS.contains(&name));
    if !known.contains(&name) || !(text || boolean) || (*literal == Literal::Null && !advanced) {
        return Err(unsupported(name, kind));
    }
    match literal {
        Literal::Text(id) if name == "id" && uuid::Uuid::try_parse(id).is_err() => {
            Err(GraphError::invalid_id(id))
        }
        Literal::Text(_) if text => Ok(()),
        Literal::Bool(_) if boolean => Ok(()),
        Literal::Null => Ok(()),
        _ => Err(GraphError::new(
            400,
            "BadRequest",
            "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types \
             that do not match for operator kind 'Equal'.",
        )),
    }
}
