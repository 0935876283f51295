//! Words of which generated names are made.

pub(super) const GIVEN: [&str; 40] = [
    "Ada", "Adam", "Amir", "Anna", "Aiko", "Ben", "Björn", "Chloé", "Clara", "Diego", "Elena",
    "Emil", "Fatima", "Felix", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jack", "Jürgen", "Kofi",
    "Lena", "Liam", "Lucía", "Mei", "Mina", "Nadia", "Noah", "Olga", "Omar", "Priya", "Ravi",
    "Rosa", "Sara", "Søren", "Tara", "Tomás", "Yuki", "Zara",
];
pub(super) const SURNAME: [&str; 40] = [
    "Adams", "Ahmed", "Baker", "Bauer", "Brown", "Castro", "Chen", "Costa", "Dubois", "Evans",
    "Fischer", "Garcia", "Gruber", "Haas", "Hansen", "Ito", "Jansen", "Jones", "Kaur", "Khan",
    "Kim", "Kowalski", "Lee", "Lopez", "Meyer", "Müller", "Nguyen", "Novak", "O'Brien", "O'Neill",
    "Patel", "Park", "Rossi", "Sato", "Schmidt", "Silva", "Singh", "Smith", "Weber", "Wong",
];
pub(super) const TITLE: [&str; 8] = [
    "Accountant",
    "Analyst",
    "Consultant",
    "Engineer",
    "Manager",
    "Nurse",
    "Recruiter",
    "Technician",
];
pub(super) const DEPARTMENT: [&str; 8] =
    ["Finance", "Human Resources", "IT", "Legal", "Logistics", "Marketing", "Research", "Sales"];
pub(super) const OFFICE: [&str; 6] = ["Berlin", "Lagos", "Lisbon", "New York", "Osaka", "Tel Aviv"];
pub(super) const TEAM: [&str; 12] = [
    "Apollo",
    "Borealis",
    "Cobalt",
    "Dynamo",
    "Everest",
    "Falcon",
    "Granite",
    "Harbor",
    "Indigo",
    "Juniper",
    "Kestrel",
    "Lighthouse",
];

/// The word for a draw.
pub(super) fn word(words: &'static [&'static str], draw: u64) -> &'static str {
    let place = draw.checked_rem(words.len() as u64).unwrap_or(0);
    usize::try_from(place).ok().and_then(|place| words.get(place)).copied().unwrap_or("")
}
