//! Where each value of a connection stands in its text.

/// A value's place; the value itself is in the document's `serde_json::Value`.
#[derive(Default)]
pub(super) struct Node {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether the value differs from what the author meant, so that findings about it would only
    /// confuse. A problem was noted.
    pub(super) damaged: bool,
    pub(super) children: Children,
}

#[derive(Default)]
pub(super) enum Children {
    #[default]
    None,
    Items(Vec<Node>),
    Members(Vec<Member>),
}

pub(super) struct Member {
    pub(super) name: String,
    pub(super) name_at: usize,
    /// Whether the name may be printed; see [`is_printable`].
    pub(super) printable: bool,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn members(&self) -> &[Member] {
        match &self.children {
            Children::Members(members) => members,
            _ => &[],
        }
    }

    /// The member of this name; of duplicates the last, which is also the one whose value counts.
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.name == name)
    }

    /// The child that an unescaped segment of a JSON pointer names.
    pub(super) fn child(&self, segment: &str) -> Option<&Self> {
        match &self.children {
            Children::None => None,
            Children::Items(items) => items.get(segment.parse::<usize>().ok()?),
            Children::Members(_) => self.member(segment).map(|member| &member.node),
        }
    }

    /// The pointer of the innermost value at an offset, as far as its names may be printed.
    pub(super) fn pointer_at(&self, at: usize) -> String {
        let mut pointer = String::new();
        let mut node = self;
        loop {
            let next = match &node.children {
                Children::None => None,
                Children::Items(items) => {
                    let index = items.partition_point(|item| item.end <= at);
                    items
                        .get(index)
                        .filter(|item| item.start <= at)
                        .map(|item| (index.to_string(), item))
                }
                Children::Members(members) => {
                    let index = members.partition_point(|member| member.node.end <= at);
                    members
                        .get(index)
                        .filter(|member| member.name_at <= at && member.printable)
                        .map(|member| (member.name.clone(), &member.node))
                }
            };
            let Some((segment, child)) = next else {
                return pointer;
            };
            push_segment(&mut pointer, &segment);
            node = child;
        }
    }
}

/// Whether a property's name may be printed: it looks like a name. A secret pasted in place of a
/// name mostly does not.
pub(super) fn is_printable(name: &str) -> bool {
    const LONGEST: usize = 40;
    !name.is_empty()
        && name.chars().count() <= LONGEST
        && name
            .chars()
            .all(|character| character.is_alphanumeric() || "_-./$@: ~".contains(character))
}

/// Adds a segment to a JSON pointer.
pub(super) fn push_segment(pointer: &mut String, segment: &str) {
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
}

/// The pointer of a child.
pub(super) fn join(pointer: &str, segment: &str) -> String {
    let mut joined = pointer.to_owned();
    push_segment(&mut joined, segment);
    joined
}

/// The unescaped segments of a JSON pointer.
pub(super) fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}
