//! Decoding on a GPU: FFmpeg's device, and pictures in its memory.

use std::ffi::CString;
use std::ptr;

use cuframes::cuda::{Context, Driver, StreamRef};
use cuframes::{DeviceRows, Format};
use ffmpeg_next::Error;
use ffmpeg_next::ffi::{
    self, AVBufferRef, AVCUDADeviceContext, AVCodecContext, AVHWDeviceContext, AVHWFramesContext,
    AVPixelFormat,
};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use super::picture::raw;

/// A GPU in FFmpeg's own context of it.
#[derive(Debug)]
pub struct Gpu {
    // Before the device, which it is of.
    context: Context,
    stream: *mut ffi::CUstream_st,
    device: Device,
}

/// A reference that ends with the value.
#[derive(Debug)]
struct Device(*mut AVBufferRef);

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and nobody uses it after this.
        unsafe { ffi::av_buffer_unref(&mut self.0) };
    }
}

impl Gpu {
    /// Opens the GPU of this number; or says why it cannot be opened.
    pub fn open(ordinal: u32) -> Result<Gpu, String> {
        let driver = Driver::load().map_err(|error| error.to_string())?;
        let number = CString::new(ordinal.to_string()).map_err(|error| error.to_string())?;
        let mut device = Device(ptr::null_mut());
        let cuda = ffi::AVHWDeviceType::AV_HWDEVICE_TYPE_CUDA;
        // SAFETY: a place for the reference, a text with its NUL, and no options.
        let opened = unsafe {
            ffi::av_hwdevice_ctx_create(&mut device.0, cuda, number.as_ptr(), ptr::null_mut(), 0)
        };
        if opened < 0 {
            return Err(format!(
                "FFmpeg cannot open GPU {ordinal}: {}",
                Error::from(opened)
            ));
        }
        // SAFETY: a reference that was just made has data of this type.
        let general: *mut AVHWDeviceContext = unsafe { (*device.0).data }.cast();
        // SAFETY: the device stays as long as the reference.
        let own: *mut AVCUDADeviceContext = unsafe { (*general).hwctx }.cast();
        // SAFETY: a device of this kind has a context of this type.
        let raw = unsafe { (*own).cuda_ctx };
        // SAFETY: as above.
        let stream = unsafe { (*own).stream };
        // SAFETY: the context is alive as long as the device, which is dropped after it. Whoever
        // clones the context keeps this value.
        let context = unsafe { Context::from_raw(driver, raw.cast()) };
        let context = context.map_err(|error| error.to_string())?;
        Ok(Gpu {
            context,
            stream,
            device,
        })
    }

    /// The context of all pictures. It ends with this value.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The stream on which pictures become complete, and are overwritten.
    pub fn stream(&self) -> StreamRef<'_> {
        // SAFETY: it is of this context, and alive as long as the device.
        unsafe { StreamRef::from_raw(self.stream.cast()) }
    }

    /// Has a decoder that is not open yet decode on this GPU, and nowhere else.
    pub(super) fn prepare(&self, context: *mut AVCodecContext) {
        // SAFETY: the device is there.
        let device = unsafe { ffi::av_buffer_ref(self.device.0) };
        // SAFETY: the caller's context is not open yet, and frees the reference.
        unsafe { (*context).hw_device_ctx = device };
        // SAFETY: as above.
        unsafe { (*context).get_format = Some(choose) };
    }
}

/// The GPU's format, or none: it is never decoded elsewhere silently.
unsafe extern "C" fn choose(
    _context: *mut AVCodecContext,
    formats: *const AVPixelFormat,
) -> AVPixelFormat {
    let mut at = formats;
    loop {
        // SAFETY: FFmpeg's list ends with NONE, and we go no further.
        let format = unsafe { *at };
        if matches!(
            format,
            AVPixelFormat::AV_PIX_FMT_CUDA | AVPixelFormat::AV_PIX_FMT_NONE
        ) {
            return format;
        }
        at = at.wrapping_add(1);
    }
}

/// The format of the pixels of a picture on a GPU, which its own format does not tell.
pub fn pixels_of(frame: &Video) -> Pixel {
    let frames = raw(frame).hw_frames_ctx;
    if frames.is_null() {
        return frame.format();
    }
    // SAFETY: a picture that refers to a pool does so as long as it is there.
    let pool: *const AVHWFramesContext = unsafe { (*frames).data }.cast_const().cast();
    // SAFETY: the pool is there, and nobody changes it.
    Pixel::from(unsafe { (*pool).sw_format })
}

/// The planes of a picture of `format` on a GPU; `None` if it has no such planes.
pub fn rows(frame: &Video, format: Format) -> Option<Vec<DeviceRows>> {
    let raw = raw(frame);
    (0..format.plane_count())
        .map(|plane| {
            let (first, pitch) = (raw.data.get(plane)?, raw.linesize.get(plane)?);
            let pitch = usize::try_from(*pitch).ok()?;
            let row = format.plane_row_bytes(plane, frame.width()) as usize;
            if first.is_null() || pitch < row {
                return None;
            }
            // SAFETY: a picture of this format has so many rows there. The decoder overwrites
            // them on the stream that copies them, and so after that.
            Some(unsafe { DeviceRows::new(first.addr() as u64, pitch) })
        })
        .collect()
}

/// The picture in host memory.
pub fn download(frame: &Video) -> Result<Video, Error> {
    let mut host = Video::empty();
    // SAFETY: it is used before the borrow ends.
    let to = unsafe { host.as_mut_ptr() };
    // SAFETY: an empty frame, and one that has a picture.
    let done = unsafe { ffi::av_hwframe_transfer_data(to, raw(frame), 0) };
    if done < 0 {
        return Err(Error::from(done));
    }
    // SAFETY: two frames; it copies what is said of the picture.
    let done = unsafe { ffi::av_frame_copy_props(to, raw(frame)) };
    match done < 0 {
        true => Err(Error::from(done)),
        false => Ok(host),
    }
}
