//! Which proxy is used: `--proxy`, else the variables that other programs know, too, else the file.

use doorward_core::Result;
use doorward_http::{Proxies, ProxyUrl};
use std::ffi::OsString;

use super::file::ConfigFile;
use super::{Origin, Setting};

/// What says that no proxy shall be used.
const NONE: &str = "none";

/// The proxies by whoever has the first word. `NO_PROXY` makes exceptions from each of them.
pub(super) fn proxies(
    flag: Option<&str>,
    variable: &dyn Fn(&'static str) -> Option<Setting<OsString>>,
    file: &ConfigFile,
) -> Result<Setting<Proxies>> {
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
        return Ok(Setting { value: every(text)?, origin: Origin::Flag("--proxy") });
    }
    let first = |names: [&'static str; 4]| -> Result<Option<Setting<ProxyUrl>>> {
        let found = names.into_iter().find_map(variable);
        found
            .map(|found| {
                let value = ProxyUrl::parse(&found.value.to_string_lossy())?;
                Ok(Setting { value, origin: found.origin })
            })
            .transpose()
    };
    let https = first(["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?;
    let http = first(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])?;
    let origin = [&https, &http].into_iter().flatten().map(|found| found.origin.clone()).next();
    if let Some(origin) = origin {
        let value = Proxies {
            https: https.map(|found| found.value),
            http: http.map(|found| found.value),
            no_proxy,
        };
        return Ok(Setting { value, origin });
    }
    match &file.proxy {
        Some(text) => Ok(file.setting(every(text)?)),
        None => Ok(Setting::default()),
    }
}
