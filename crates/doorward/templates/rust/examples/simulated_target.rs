//! The Teams service, imitated: enough of it to try the connector on, with changes in memory.
//!
//! `cargo run --example simulated_target`, with `-- --port 0` for any port that is free. It shares no
//! code with the connector, or both could be wrong in the same way.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// May do everything.
const TOKEN: &str = "example-token";
/// May only read.
const READ_ONLY_TOKEN: &str = "read-only-token";

const BASE: &str = "/api/v1";
const LARGEST_PAGE: usize = 100;

const MOST_CONNECTIONS: usize = 64;
const LARGEST_HEAD: u64 = 16 * 1024;
const LARGEST_BODY: u64 = 64 * 1024;
/// Longer than clients keep a connection for their next request: who closes first must not be us.
const IDLE: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    match listen() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn listen() -> Result<(), Box<dyn Error>> {
    let port = port()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        format!("Port {port} cannot be used: {error}. Choose another one with `-- --port NUMBER`.")
    })?;
    let address = listener.local_addr()?;
    println!("The Teams service listens on http://{address} (token: {TOKEN})");
    let server = Arc::new(Server::default());
    for stream in listener.incoming() {
        // A client may be gone before it is met.
        let Ok(stream) = stream else { continue };
        let server = Arc::clone(&server);
        thread::spawn(move || {
            if server.connections.fetch_add(1, Ordering::Relaxed) < MOST_CONNECTIONS {
                // A client that is gone is no news.
                let _ = server.serve(&stream);
            }
            server.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
    Ok(())
}

fn port() -> Result<u16, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => Ok(8081),
        [option, port] if option == "--port" => Ok(port.parse()?),
        _ => Err("The only option is `--port NUMBER`.".into()),
    }
}

// ------------------------------------------------------------------------------------------ HTTP

#[derive(Default)]
struct Server {
    service: Mutex<Service>,
    requests: AtomicU64,
    connections: AtomicUsize,
}

struct Request {
    method: String,
    target: String,
    token: Option<String>,
    keeps_alive: bool,
}

/// A status and a body; 204 has none.
struct Answer(u16, Value);

/// What cannot be read as a request: after it, nobody knows where the next one begins.
enum Unreadable {
    Lost(io::Error),
    Refused(Answer),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

impl Server {
    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(IDLE))?;
        stream.set_write_timeout(Some(IDLE))?;
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        loop {
            match read(&mut reader) {
                Ok(None) => return Ok(()),
                Ok(Some(request)) => {
                    let answer = self.answer(&request);
                    self.write(stream, &answer, request.method != "HEAD", request.keeps_alive)?;
                    if !request.keeps_alive {
                        return Ok(());
                    }
                }
                Err(Unreadable::Lost(error)) => return Err(error),
                Err(Unreadable::Refused(answer)) => {
                    return self.write(stream, &answer, true, false);
                }
            }
        }
    }

    fn answer(&self, request: &Request) -> Answer {
        // What one request left behind when it failed is still the service.
        self.service.lock().unwrap_or_else(PoisonError::into_inner).answer(request)
    }

    fn write(
        &self,
        mut stream: &TcpStream,
        Answer(status, body): &Answer,
        with_body: bool,
        keeps_alive: bool,
    ) -> io::Result<()> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let reason = match status {
            200 => "OK",
            201 => "Created",
            204 => "No Content",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            409 => "Conflict",
            413 => "Content Too Large",
            431 => "Request Header Fields Too Large",
            501 => "Not Implemented",
            _ => "Bad Request",
        };
        let mut answer =
            format!("HTTP/1.1 {status} {reason}\r\nX-Request-Id: request-{number}\r\n");
        if !keeps_alive {
            answer.push_str("Connection: close\r\n");
        }
        if *status == 204 {
            answer.push_str("\r\n");
        } else {
            let body = body.to_string();
            let length = body.len();
            answer.push_str("Content-Type: application/json\r\n");
            answer.push_str(&format!("Content-Length: {length}\r\n\r\n"));
            if with_body {
                answer.push_str(&body);
            }
        }
        stream.write_all(answer.as_bytes())
    }
}

/// The next request; `None` when the client is done.
fn read(reader: &mut BufReader<&TcpStream>) -> Result<Option<Request>, Unreadable> {
    let mut head = reader.by_ref().take(LARGEST_HEAD);
    let Some(first) = line(&mut head)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some(version @ ("HTTP/1.1" | "HTTP/1.0")), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(refused(400, "bad_request", "This is no HTTP/1.1 request."));
    };
    let mut request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        token: None,
        keeps_alive: version == "HTTP/1.1",
    };
    let mut length = None;
    loop {
        let Some(line) = line(&mut head)? else {
            return Err(Unreadable::Lost(io::ErrorKind::UnexpectedEof.into()));
        };
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            return Err(refused(400, "bad_request", "A header has no colon."));
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "authorization" => request.token = value.strip_prefix("Bearer ").map(str::to_owned),
            "connection" if value.eq_ignore_ascii_case("close") => request.keeps_alive = false,
            "content-length" => match value.parse::<u64>() {
                Ok(number) if length.is_none_or(|known| known == number) => length = Some(number),
                _ => return Err(refused(400, "bad_request", "The length of the body is unclear.")),
            },
            "transfer-encoding" => {
                return Err(refused(501, "not_implemented", "A body needs its length."));
            }
            _ => {}
        }
    }
    // No request needs its body, but the next request begins after it.
    let length = length.unwrap_or(0);
    if length > LARGEST_BODY {
        return Err(refused(413, "too_large", "The body is too large."));
    }
    if io::copy(&mut reader.by_ref().take(length), &mut io::sink())? < length {
        return Err(Unreadable::Lost(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(Some(request))
}

/// A line without its end; `None` where the connection ends before one begins.
fn line(head: &mut impl BufRead) -> Result<Option<String>, Unreadable> {
    let mut bytes = Vec::new();
    if head.read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    let Some(line) = bytes.strip_suffix(b"\r\n") else {
        return Err(refused(431, "head_too_large", "The head is too large, or a line has no end."));
    };
    match str::from_utf8(line) {
        Ok(line) => Ok(Some(line.to_owned())),
        Err(_) => Err(refused(400, "bad_request", "The head is no text.")),
    }
}

fn refused(status: u16, code: &str, message: &str) -> Unreadable {
    Unreadable::Refused(denied(status, code, message))
}

fn denied(status: u16, code: &str, message: &str) -> Answer {
    Answer(status, json!({"error": {"code": code, "message": message}}))
}

/// A part of a path or a query as it was before it was encoded.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

// --------------------------------------------------------------------------------- The service

struct User {
    name: String,
    active: bool,
}

struct Team {
    name: &'static str,
    managed_by: Option<&'static str>,
    members: BTreeSet<String>,
}

/// Users and teams by their ids, in whose order lists are given.
struct Service {
    users: BTreeMap<String, User>,
    teams: BTreeMap<&'static str, Team>,
}

type Query = BTreeMap<String, String>;

impl Service {
    fn answer(&mut self, request: &Request) -> Answer {
        let can_write = match request.token.as_deref() {
            Some(TOKEN) => true,
            Some(READ_ONLY_TOKEN) => false,
            _ => return denied(401, "unauthorized", "The token is missing, or wrong."),
        };
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let Some(path) = path.strip_prefix(BASE).and_then(|path| path.strip_prefix('/')) else {
            return not_found("There is nothing here.");
        };
        let segments: Option<Vec<String>> = path.split('/').map(decoded).collect();
        let query: Option<Query> =
            query.split('&').filter(|part| !part.is_empty()).map(pair).collect();
        let (Some(segments), Some(query)) = (segments, query) else {
            return denied(400, "bad_request", "The address is not encoded as it should be.");
        };
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET" | "HEAD", segments) => self.read(segments, &query, can_write),
            ("PUT", ["teams", team, "members", user]) => self.change(team, user, true, can_write),
            ("DELETE", ["teams", team, "members", user]) => {
                self.change(team, user, false, can_write)
            }
            _ => denied(405, "method_not_allowed", "This cannot be done here."),
        }
    }

    fn read(&self, segments: &[&str], query: &Query, can_write: bool) -> Answer {
        let wanted = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
        match segments {
            ["me"] => Answer(200, me(can_write)),
            ["users"] => {
                let fits = |id: &str, user: &User| {
                    wanted("name", &user.name) && wanted("email", &email(id))
                };
                let fitting = self.users.iter().filter(|(id, user)| fits(id, user));
                self.page("users", fitting.map(|(id, user)| shown_user(id, user)), query)
            }
            ["users", id] => match self.users.get(*id) {
                Some(user) => Answer(200, shown_user(id, user)),
                None => no_user(),
            },
            ["users", id, "teams"] if self.users.contains_key(*id) => {
                let fitting = self.teams.iter().filter(|(_, team)| team.members.contains(*id));
                self.page("teams", fitting.map(|(id, team)| shown_team(id, team)), query)
            }
            ["users", _, "teams"] => no_user(),
            ["teams"] => {
                let fitting = self.teams.iter().filter(|(_, team)| wanted("name", team.name));
                self.page("teams", fitting.map(|(id, team)| shown_team(id, team)), query)
            }
            ["teams", id] => match self.teams.get(id) {
                Some(team) => Answer(200, shown_team(id, team)),
                None => no_team(),
            },
            ["teams", id, "members"] => match self.teams.get(id) {
                Some(team) => {
                    let members = self.users.iter().filter(|(id, _)| team.members.contains(*id));
                    self.page("members", members.map(|(id, user)| shown_user(id, user)), query)
                }
                None => no_team(),
            },
            _ => not_found("There is nothing here."),
        }
    }

    /// A cursor is the id of the last one of the page before, marked so that nobody makes one up.
    fn page(&self, name: &str, items: impl Iterator<Item = Value>, query: &Query) -> Answer {
        let limit = match query.get("limit").map(|limit| limit.parse::<usize>()) {
            None => LARGEST_PAGE,
            Some(Ok(limit)) if (1..=LARGEST_PAGE).contains(&limit) => limit,
            Some(_) => return denied(400, "invalid_limit", "The limit is from 1 to 100."),
        };
        let after = match query.get("after").map(|cursor| cursor.strip_prefix("after:")) {
            None => None,
            Some(Some(id)) if self.users.contains_key(id) || self.teams.contains_key(id) => {
                Some(id)
            }
            Some(_) => return denied(400, "invalid_cursor", "This is no cursor of this list."),
        };
        let id = |item: &Value| item.get("id").and_then(Value::as_str).map(str::to_owned);
        let mut rest =
            items.filter(|item| after.is_none_or(|after| id(item).as_deref() > Some(after)));
        let page: Vec<Value> = rest.by_ref().take(limit).collect();
        let next = rest.next().and(page.last()).and_then(id).map(|id| format!("after:{id}"));
        Answer(200, json!({ name: page, "next": next }))
    }

    fn change(&mut self, team: &str, user: &str, adds: bool, can_write: bool) -> Answer {
        if !can_write {
            return denied(403, "read_only", "This token may only read.");
        }
        let Some(team) = self.teams.get_mut(team) else { return no_team() };
        if !self.users.contains_key(user) {
            return no_user();
        }
        if team.managed_by.is_some() {
            return denied(409, "managed_by_directory", "The directory fills this team.");
        }
        match (adds, adds && team.members.insert(user.to_owned())) {
            (true, true) => Answer(201, json!({})),
            (true, false) => Answer(200, json!({})),
            (false, _) if team.members.remove(user) => Answer(204, Value::Null),
            (false, _) => denied(404, "not_a_member", "The user is no member of the team."),
        }
    }
}

fn pair(part: &str) -> Option<(String, String)> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    Some((decoded(name)?, decoded(value)?))
}

fn me(can_write: bool) -> Value {
    if can_write {
        let end = "2027-12-31T00:00:00Z";
        json!({"id": "robot", "name": "Doorward robot", "can_write": true, "token_expires_at": end})
    } else {
        json!({"id": "reader", "name": "Doorward reader", "can_write": false, "token_expires_at": null})
    }
}

fn email(id: &str) -> String {
    format!("{id}@teams.example")
}

fn shown_user(id: &str, user: &User) -> Value {
    json!({"id": id, "name": user.name, "email": email(id), "active": user.active})
}

fn shown_team(id: &str, team: &Team) -> Value {
    json!({"id": id, "name": team.name, "managed_by": team.managed_by})
}

fn not_found(message: &str) -> Answer {
    denied(404, "not_found", message)
}

fn no_user() -> Answer {
    not_found("There is no such user.")
}

fn no_team() -> Answer {
    not_found("There is no such team.")
}

// ---------------------------------------------------------------------------------------- Data

const PEOPLE: [(&str, &str); 6] = [
    ("alice", "Alice Archer"),
    ("bob", "Bob Baker"),
    ("carol", "Carol Cooper"),
    ("dave", "Dave Dyer"),
    ("erin", "Erin Evans"),
    ("frank", "Frank Fisher"),
];
const FIRST_NAMES: [&str; 15] = [
    "Ada", "Ben", "Clara", "Dina", "Emil", "Fay", "Gus", "Hanna", "Ivan", "Jane", "Karl", "Lena",
    "Max", "Nora", "Otto",
];
const LAST_NAMES: [&str; 16] = [
    "Abbott", "Bishop", "Carter", "Draper", "Ellis", "Farmer", "Glover", "Hunter", "Irving",
    "Joiner", "Keeler", "Lister", "Mason", "Naylor", "Osborn", "Potter",
];
const FROM_DIRECTORY: Option<&str> = Some("directory");

/// Id, name, what fills the team, and every which user is a member: 0 means a few, named below.
const TEAMS: [(&str, &str, Option<&str>, usize); 12] = [
    ("board-games", "Board Games", None, 11),
    ("book-club", "Book Club", None, 13),
    ("chess", "Chess", None, 17),
    ("choir", "Choir", None, 9),
    ("everyone", "Everyone", FROM_DIRECTORY, 1),
    ("finance", "Finance", FROM_DIRECTORY, 19),
    ("first-aid", "First Aid", None, 23),
    ("football", "Football", None, 7),
    ("gardening", "Gardening", None, 29),
    ("photography", "Photography", None, 31),
    ("running", "Running", None, 2),
    ("sandbox", "Sandbox", None, 0),
];

impl Default for Service {
    fn default() -> Self {
        let people = PEOPLE.map(|(id, name)| (id.to_owned(), name.to_owned()));
        let others = FIRST_NAMES.iter().flat_map(|first| {
            LAST_NAMES
                .map(|last| (format!("{first}.{last}").to_lowercase(), format!("{first} {last}")))
        });
        let users: BTreeMap<String, User> = (1..)
            .zip(people.into_iter().chain(others))
            .map(|(number, (id, name)): (usize, _)| (id, User { name, active: number % 20 != 6 }))
            .collect();
        let members = |every: usize| -> BTreeSet<String> {
            match every {
                0 => ["bob", "carol", "erin"].map(str::to_owned).into(),
                _ => users.keys().step_by(every).cloned().collect(),
            }
        };
        let teams = TEAMS.map(|(id, name, managed_by, every)| {
            (id, Team { name, managed_by, members: members(every) })
        });
        Self { teams: teams.into(), users }
    }
}
