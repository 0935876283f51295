//! Which proxy is used: `--proxy`, else the variables that other programs know, too, else the file.

use doorward_core::Result;
use doorward_http::{Proxies, ProxyUrl};
use std::ffi::OsString;

use super::file::ConfigFile;
use super::{Origin, Setting};

/// What says that no proxy shall be used.
const NONE: &str = "none";

/// The proxies by whoever has the first word. `NO_PROXY` makes exceptions from each of them.
///
/// # Errors
/// `InvalidRequest` when the command line or our own file names one that cannot be used. A variable,
/// which is set for other programs, too, stands in the way only of who needs it.
pub(super) fn proxies(
    flag: Option<&str>,
    variable: &dyn Fn(&'static str) -> Option<Setting<OsString>>,
    file: &ConfigFile,
) -> Result<Setting<Result<Proxies>>> {
    let no_proxy = variable("NO_PROXY").or_else(|| variable("no_proxy"));
    let no_proxy = no_proxy.map(|found| found.value.to_string_lossy().into_owned());
    let no_proxy = no_proxy.unwrap_or_default();
    let every = |text: &str| -> Result<Proxies> {
        if text.trim() == NONE {
            return Ok(Proxies::default());
        }
        let proxy = ProxyUrl::parse(text)?;
        Ok(Proxies { https: Some(proxy.clone()), http: Some(proxy), no_proxy: no_proxy.clone() })
    };
    if let Some(text) = flag {
        return Ok(Setting { value: Ok(every(text)?), origin: Origin::Flag("--proxy") });
    }
    let first = |names: [&'static str; 4]| {
        let found = names.into_iter().find_map(variable)?;
        Some(found.map(|value| ProxyUrl::parse(&value.to_string_lossy())))
    };
    let https = first(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
    let http = first(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]);
    let origin = [&https, &http].into_iter().flatten().map(|found| found.origin.clone()).next();
    if let Some(origin) = origin {
        let both = |https: Option<Setting<_>>, http: Option<Setting<_>>| {
            let url = |found: Option<Setting<_>>| found.map(|found| found.value).transpose();
            Ok(Proxies { https: url(https)?, http: url(http)?, no_proxy })
        };
        return Ok(Setting { value: both(https, http), origin });
    }
    match &file.proxy {
        Some(text) => Ok(file.setting(Ok(every(text)?))),
        None => Ok(Setting { value: Ok(Proxies::default()), origin: Origin::Default }),
    }
}
