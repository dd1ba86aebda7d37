//! One decoder: pictures that were "decoded" (a hash of each), and surfaces they are mapped to.

use std::ffi::c_int;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::abi::{CreateInfo, ProcParams, code};
use crate::caps;
use crate::driver::{DevicePtr, Driver, Handle, Result, driver};
use crate::lock::ContextLock;
use crate::picture::{GIVEN_BACK, Shape, Texture, hash};

/// A surface that a picture is mapped to, used again and again.
struct Surface {
    at: DevicePtr,
    /// Recorded after the last work of ours on it.
    event: Handle,
    is_used: bool,
    /// The stream of the mapping, while there is one.
    mapped: Option<Handle>,
}

struct State {
    /// Hash of the picture at each index.
    pictures: Vec<Option<u64>>,
    surfaces: Vec<Surface>,
    /// Surfaces that are not mapped; the last one given back is the next to be painted.
    free: Vec<usize>,
}

/// A decoder and the context it belongs to.
pub struct Decoder {
    context: Handle,
    lock: Option<Arc<ContextLock>>,
    shape: Shape,
    texture: Texture,
    state: Mutex<State>,
}

/// One compressed picture, or one field of it.
pub struct Picture<'a> {
    pub index: c_int,
    pub is_second_field: bool,
    pub bytes: &'a [u8],
}

/// What `cuvidMapVideoFrame64` answers.
pub struct Mapped {
    pub at: DevicePtr,
    pub pitch: usize,
}

impl Decoder {
    /// Makes a decoder in the context of `lock`, else in the one that is current.
    pub fn new(info: &CreateInfo, lock: Option<Arc<ContextLock>>) -> Result<Self> {
        let driver = driver()?;
        let locked = lock.as_deref().map(Locked::new).transpose()?;
        let context = driver.current()?.ok_or(code::INVALID_CONTEXT)?;
        caps::check(info)?;
        let shape = Shape::new(info);
        let decoder = Self {
            context,
            shape,
            texture: Texture::new(driver, &shape)?,
            state: Mutex::new(State {
                pictures: vec![None; info.decode_surfaces as usize],
                surfaces: Vec::new(),
                free: (0..info.output_surfaces as usize).collect(),
            }),
            lock: lock.clone(),
        };
        for _ in 0..info.output_surfaces {
            decoder.add_surface(driver).inspect_err(|_| {
                // The first error is the one to tell.
                let _ = decoder.release(driver);
            })?;
        }
        drop(locked);
        Ok(decoder)
    }

    fn add_surface(&self, driver: &Driver) -> Result<()> {
        let at = driver.allocate(self.shape.bytes())?;
        let event = driver.new_event().inspect_err(|_| {
            let _ = driver.free(at);
        })?;
        let surface = Surface {
            at,
            event,
            is_used: false,
            mapped: None,
        };
        self.state().surfaces.push(surface);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nobody panics with the state in hand")
    }

    /// The driver, with this decoder's context current: taken with the lock, or the caller's.
    fn enter(&self) -> Result<(&'static Driver, Option<Locked<'_>>)> {
        let driver = driver()?;
        let locked = self.lock.as_deref().map(Locked::new).transpose()?;
        if driver.current()? == Some(self.context) {
            Ok((driver, locked))
        } else {
            Err(code::INVALID_CONTEXT)
        }
    }

    /// "Decodes": the compressed bytes are read before the call returns.
    pub fn decode(&self, picture: &Picture<'_>) -> Result<()> {
        let _entered = self.enter()?;
        let mut state = self.state();
        let index = usize::try_from(picture.index).map_err(|_| code::INVALID_VALUE)?;
        let decoded = state.pictures.get_mut(index).ok_or(code::INVALID_VALUE)?;
        let first_field = decoded.filter(|_| picture.is_second_field).unwrap_or(0);
        *decoded = Some(hash(first_field, picture.bytes));
        Ok(())
    }

    /// Whether there is a picture at the index.
    pub fn is_decoded(&self, index: c_int) -> Result<bool> {
        let index = usize::try_from(index).map_err(|_| code::INVALID_VALUE)?;
        let state = self.state();
        let decoded = state.pictures.get(index).ok_or(code::INVALID_VALUE)?;
        Ok(decoded.is_some())
    }

    /// Paints the picture on a free surface, later, on the stream of `params`.
    pub fn map(&self, index: c_int, params: &ProcParams) -> Result<Mapped> {
        let (driver, _locked) = self.enter()?;
        if params.raw_input != 0 || params.raw_output != 0 {
            return Err(code::NOT_SUPPORTED);
        }
        let mut state = self.state();
        let index = usize::try_from(index).map_err(|_| code::INVALID_VALUE)?;
        let decoded = state.pictures.get(index).copied().flatten();
        let picture = decoded.ok_or(code::INVALID_VALUE)?;
        // A field of its own is another picture.
        let is_field = params.progressive == 0 && params.second_field != 0;
        let picture = if is_field {
            hash(picture, &[])
        } else {
            picture
        };
        let free = state.free.pop().ok_or(code::MAP_FAILED)?;
        let surface = &mut state.surfaces[free];
        let stream = Handle(params.output_stream);
        if let Err(code) = self.paint(driver, surface, picture, stream) {
            state.free.push(free);
            return Err(code);
        }
        surface.mapped = Some(stream);
        Ok(Mapped {
            at: surface.at,
            pitch: self.shape.pitch,
        })
    }

    fn paint(
        &self,
        driver: &Driver,
        surface: &mut Surface,
        picture: u64,
        stream: Handle,
    ) -> Result<()> {
        if surface.is_used {
            driver.order(stream, surface.event)?;
        }
        surface.is_used = true;
        self.texture
            .paint(driver, &self.shape, picture, surface.at, stream)?;
        driver.record(surface.event, stream)
    }

    /// Takes a surface back. On the stream it was mapped on, behind what the caller put there,
    /// it is overwritten.
    pub fn unmap(&self, at: DevicePtr) -> Result<()> {
        let (driver, _locked) = self.enter()?;
        let mut state = self.state();
        let mapped = |surface: &Surface| surface.at == at && surface.mapped.is_some();
        let place = state
            .surfaces
            .iter()
            .position(mapped)
            .ok_or(code::INVALID_VALUE)?;
        let surface = &mut state.surfaces[place];
        let stream = surface.mapped.take().expect("looked for");
        let (at, event) = (surface.at, surface.event);
        state.free.push(place);
        driver.fill(at, GIVEN_BACK, self.shape.bytes(), stream)?;
        driver.record(event, stream)
    }

    /// Frees what the decoder has on the device, mapped surfaces too.
    pub fn destroy(&self) -> Result<()> {
        let (driver, _locked) = self.enter()?;
        self.release(driver)
    }

    /// Goes on after an error, and tells the first.
    fn release(&self, driver: &Driver) -> Result<()> {
        let mut result = Ok(());
        let mut state = self.state();
        state.pictures.clear();
        state.free.clear();
        for surface in state.surfaces.drain(..) {
            if surface.is_used {
                result = result.and(driver.wait(surface.event));
            }
            result = result.and(driver.destroy_event(surface.event));
            result = result.and(driver.free(surface.at));
        }
        result.and(driver.free(self.texture.0))
    }
}

/// The lock of a context, held until dropped.
struct Locked<'a>(&'a ContextLock);

impl<'a> Locked<'a> {
    fn new(lock: &'a ContextLock) -> Result<Self> {
        lock.lock()?;
        Ok(Self(lock))
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // A lost context: the call that noticed it has told.
        let _ = self.0.unlock();
    }
}
