//! Compiled code, kept between runs.
//!
//! Compiling takes a fifth of a second for a small component and ten for a large one; mapping what
//! was compiled before takes a tenth of a millisecond. But compiled code is machine code: whoever
//! could change a byte of it would own this program. So it lies under a key that only this
//! installation has, is checked as a whole before anything looks at it, and is never taken from
//! outside. What does not fit is compiled anew.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::Digest;

/// Bytes of the code that authenticates, at the head of a file.
const SEAL: usize = 32;

/// Where compiled code is kept, and the key that vouches for it.
pub struct CompiledCode {
    directory: PathBuf,
    key: hmac::Key,
}

impl CompiledCode {
    /// Keeps code in this directory, which only this user may write. It is made when it is needed.
    pub fn new(directory: &Path, key: &[u8; 32]) -> Self {
        Self { directory: directory.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// The code of the component with this digest, when it was compiled by just such an engine.
    pub(crate) fn get(&self, engine: &Engine, digest: &Digest) -> Option<Component> {
        let path = self.path(engine, digest);
        let file = std::fs::read(&path).ok()?;
        let (seal, code) = file.split_at_checked(SEAL)?;
        if verify_slices_are_equal(seal, self.seal(engine, digest, code).as_ref()).is_err() {
            tracing::warn!(
                file = %path.display(),
                "compiled code was changed by somebody else: it is not used, and compiled anew"
            );
            return None;
        }
        match load(engine, code) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::info!(file = %path.display(), "compiled code does not fit: {error}");
                None
            }
        }
    }

    /// Keeps the code; who cannot write compiles again the next time.
    pub(crate) fn put(&self, engine: &Engine, digest: &Digest, component: &Component) {
        if let Err(error) = self.try_put(engine, digest, component) {
            tracing::info!("compiled code could not be kept: {error}");
        }
    }

    fn try_put(
        &self,
        engine: &Engine,
        digest: &Digest,
        component: &Component,
    ) -> wasmtime::Result<()> {
        let code = component.serialize()?;
        std::fs::create_dir_all(&self.directory)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.directory)?;
        file.write_all(self.seal(engine, digest, &code).as_ref())?;
        file.write_all(&code)?;
        // Whole or not at all: another process may read it at this moment.
        file.persist(self.path(engine, digest)).map_err(|error| error.error)?;
        Ok(())
    }

    /// What vouches for the code, for the component that it was made of, and for the engine.
    fn seal(&self, engine: &Engine, digest: &Digest, code: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(digest.as_bytes());
        context.update(&compatibility(engine).to_be_bytes());
        context.update(code);
        context.sign()
    }

    fn path(&self, engine: &Engine, digest: &Digest) -> PathBuf {
        self.directory.join(format!("{}-{:016x}.compiled", digest.hex(), compatibility(engine)))
    }
}

/// Which engines understand each other's code.
fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

/// The component of this code.
///
/// From memory, not from the file: that could be changed after it was checked.
#[allow(unsafe_code, reason = "the one place: machine code that this installation vouches for")]
fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `deserialize` asks for bytes that `Component::serialize` gave, unchanged. The seal, by a
    // key that only this installation has, was just found right over all of these bytes; only `put`
    // makes seals, over what `serialize` gave.
    unsafe { Component::deserialize(engine, code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 32] = [3; 32];

    struct Bench {
        engine: Engine,
        digest: Digest,
        directory: tempfile::TempDir,
    }

    impl Bench {
        fn code(&self, key: &[u8; 32]) -> CompiledCode {
            CompiledCode::new(self.directory.path(), key)
        }

        fn is_found(&self, key: &[u8; 32]) -> bool {
            self.code(key).get(&self.engine, &self.digest).is_some()
        }

        fn file(&self) -> PathBuf {
            self.code(&KEY).path(&self.engine, &self.digest)
        }
    }

    /// A place where one component's code is kept.
    fn bench() -> Bench {
        let text = "(component (core module (func (export \"f\") (result i32) i32.const 42)))";
        let bytes = wat::parse_str(text).unwrap();
        let engine = Engine::default();
        let component = Component::from_binary(&engine, &bytes).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let bench = Bench { engine, digest: Digest::of(&bytes), directory };
        assert!(!bench.is_found(&KEY));
        bench.code(&KEY).put(&bench.engine, &bench.digest, &component);
        assert!(bench.is_found(&KEY));
        bench
    }

    #[test]
    fn a_forged_file_is_not_used() {
        let bench = bench();
        let right = std::fs::read(bench.file()).unwrap();
        let check = |content: &[u8]| {
            std::fs::write(bench.file(), content).unwrap();
            bench.is_found(&KEY)
        };
        assert!(!check(&[]));
        assert!(!check(&right[..SEAL]));
        assert!(!check(&right[..right.len() / 2]));
        assert!(!check(&right[SEAL..]));
        assert!(!check(&[&right[..], b"x"].concat()));
        for place in (0..right.len()).step_by(97).chain([0, SEAL - 1, SEAL, right.len() - 1]) {
            let mut flipped = right.clone();
            flipped[place] ^= 1;
            assert!(!check(&flipped), "byte {place}");
        }
        assert!(check(&right));
    }

    #[test]
    fn code_of_another_installation_or_another_component_is_not_used() {
        let bench = bench();
        assert!(!bench.is_found(&[4; 32]));
        let other = Digest::of(b"another component");
        let code = bench.code(&KEY);
        std::fs::copy(bench.file(), code.path(&bench.engine, &other)).unwrap();
        assert!(code.get(&bench.engine, &other).is_none());
    }
}
