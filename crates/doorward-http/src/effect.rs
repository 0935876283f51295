//! Whether a request reads or writes: what the host believes.

use doorward_core::{Effect, Error, HttpRequest, Method};
use serde_json::Value;

use crate::errors;

/// What the request does, as far as method and approved reach confirm it.
///
/// # Errors
/// A POST that claims to read outside the approved `read_posts`, or another method that does.
pub(crate) fn effect(request: &HttpRequest, read_posts: &[String]) -> Result<Effect, Error> {
    match (request.method, request.effect) {
        (Method::Get, None | Some(Effect::Read)) => Ok(Effect::Read),
        (Method::Post, Some(Effect::Read)) => {
            read_post(request, read_posts)?;
            Ok(Effect::Read)
        }
        (method, Some(Effect::Read)) => Err(errors::violation(
            "effect",
            format!("The connector says that a {} only reads.", method.name()),
        )),
        (_, None | Some(Effect::Write)) => Ok(Effect::Write),
    }
}

fn read_post(request: &HttpRequest, read_posts: &[String]) -> Result<(), Error> {
    let template = request.path.template();
    let approved = read_posts.iter().any(|approved| approved == template)
        // The connector chooses the template freely, so the path must fit it.
        && fits(template, request.path.as_str());
    if !approved {
        return Err(errors::denied(
            "effect-not-approved",
            format!(
                "The connector says that POST {template} only reads, which the approved reach of \
                 endpoint `{}` does not.",
                request.endpoint
            ),
        )
        .remedy(format!("If it is true, approve `{template}` among the endpoint's readPosts.")));
    }
    match batch(request.body.as_ref()) {
        Some(parts) if !parts.iter().all(|part| reads(part, template, read_posts)) => {
            Err(errors::violation(
                "effect",
                "The connector says that a batch only reads, but one of its requests writes.",
            ))
        }
        None if template.ends_with("/$batch") => Err(errors::violation(
            "effect",
            "The connector says that a batch only reads, but it is none.",
        )),
        _ => Ok(()),
    }
}

/// The requests within a JSON batch (OData JSON Format 4.01 §19, graph-facts §4). Names are
/// compared without case, since some servers read them so.
fn batch(body: Option<&Value>) -> Option<Vec<&Value>> {
    let lists: Vec<&Vec<Value>> = body?
        .as_object()?
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("requests"))
        .filter_map(|(_, value)| value.as_array())
        .collect();
    (!lists.is_empty()).then(|| lists.into_iter().flatten().collect())
}

fn reads(part: &Value, template: &str, read_posts: &[String]) -> bool {
    let Some(part) = part.as_object() else {
        return false;
    };
    let text = |wanted: &str| {
        let mut found = part.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => value.as_str(),
            _ => None,
        }
    };
    let (Some(method), Some(url)) = (text("method"), text("url")) else {
        return false;
    };
    let overrides = part
        .iter()
        .filter(|(name, _)| name.eq_ignore_ascii_case("headers"))
        .filter_map(|(_, headers)| headers.as_object())
        .flat_map(|headers| headers.keys())
        .any(|name| is_method_override(name));
    if overrides {
        return false;
    }
    match method {
        "GET" => true,
        "POST" => {
            let root = template.strip_suffix("/$batch").unwrap_or_default();
            let path = format!("{root}/{}", url.trim_start_matches('/'));
            read_posts.iter().any(|approved| fits(approved, &path))
        }
        _ => false,
    }
}

/// Headers by which some servers take another method than the one on the request line.
pub(crate) fn is_method_override(name: &str) -> bool {
    ["x-http-method", "x-http-method-override", "x-method-override"]
        .iter()
        .any(|header| name.eq_ignore_ascii_case(header))
}

/// Whether a path, its query aside, has the shape of a template: `{}` stands for text within one
/// segment.
pub(crate) fn fits(template: &str, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (mut shapes, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (shapes.next(), segments.next()) {
            (None, None) => return true,
            (Some(shape), Some(segment)) if segment_fits(shape, segment) => {}
            _ => return false,
        }
    }
}

fn segment_fits(shape: &str, segment: &str) -> bool {
    match shape.split_once("{}") {
        None => shape == segment,
        Some((before, after)) => segment
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after))
            .is_some_and(|value| !value.is_empty()),
    }
}
