//! The functions of the driver that are used here, each looked up by its name.
//!
//! One that is missing is no error before somebody calls it; the call then says which it is.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

use libloading::os::unix::Library;

use super::abi::*;
use super::error::{CudaError, Result, known_name};

/// Declares the table. For each function: its names in the library, the one of the header's
/// choice first; then its parameters. The name without a version is the one of messages.
macro_rules! functions {
    ($($field:ident = $call:literal [$symbol:literal $(, $older:literal)*]
       ($($parameter:ident: $kind:ty),*);)*) => {
        /// Pointers into the loaded library, which is never unloaded.
        #[derive(Debug)]
        pub struct Table {
            $($field: Option<unsafe extern "C" fn($($kind),*) -> CUresult>,)*
        }

        impl Table {
            /// Looks up every function.
            pub fn of(library: &Library) -> Table {
                Table {
                    $($field: None
                        .or_else(|| find(library, concat!($symbol, "\0")))
                        $(.or_else(|| find(library, concat!($older, "\0"))))*,)*
                }
            }

            /// The functions that the library does not have.
            pub fn missing(&self) -> Vec<&'static str> {
                let mut missing = Vec::new();
                $(if self.$field.is_none() { missing.push($symbol); })*
                missing
            }

            $(
                /// Calls the driver's function of that name.
                ///
                /// # Safety
                /// I15, I16 and I17: handles are alive, memory stays until the GPU is done
                /// with it, and out-parameters point to live values.
                // The name of a code is asked for by the pointer: that call must not fail.
                #[inline]
                #[allow(clippy::too_many_arguments, dead_code)]
                pub unsafe fn $field(&self, $($parameter: $kind),*) -> Result<()> {
                    let Some(function) = self.$field else {
                        return Err(CudaError::NoSymbol { symbol: $symbol });
                    };
                    // SAFETY: I14: the signature is the header's; the rest is the caller's.
                    let code = unsafe { function($($parameter),*) };
                    self.check($call, code)
                }
            )*
        }
    };
}

functions! {
    init = "cuInit" ["cuInit"] (flags: c_uint);
    driver_get_version = "cuDriverGetVersion" ["cuDriverGetVersion"] (version: *mut c_int);
    get_error_name = "cuGetErrorName" ["cuGetErrorName"]
        (error: CUresult, name: *mut *const c_char);

    device_get_count = "cuDeviceGetCount" ["cuDeviceGetCount"] (count: *mut c_int);
    device_get = "cuDeviceGet" ["cuDeviceGet"] (device: *mut CUdevice, ordinal: c_int);
    device_get_name = "cuDeviceGetName" ["cuDeviceGetName"]
        (name: *mut c_char, len: c_int, device: CUdevice);
    device_get_uuid = "cuDeviceGetUuid_v2" ["cuDeviceGetUuid_v2"]
        (uuid: *mut CUuuid, device: CUdevice);
    device_get_board_uuid = "cuDeviceGetUuid" ["cuDeviceGetUuid"]
        (uuid: *mut CUuuid, device: CUdevice);
    device_get_attribute = "cuDeviceGetAttribute" ["cuDeviceGetAttribute"]
        (value: *mut c_int, attribute: CUdevice_attribute, device: CUdevice);
    device_total_mem = "cuDeviceTotalMem" ["cuDeviceTotalMem_v2"]
        (bytes: *mut usize, device: CUdevice);

    primary_retain = "cuDevicePrimaryCtxRetain" ["cuDevicePrimaryCtxRetain"]
        (context: *mut CUcontext, device: CUdevice);
    primary_release = "cuDevicePrimaryCtxRelease" ["cuDevicePrimaryCtxRelease_v2"]
        (device: CUdevice);
    primary_reset = "cuDevicePrimaryCtxReset" ["cuDevicePrimaryCtxReset_v2"] (device: CUdevice);
    ctx_push = "cuCtxPushCurrent" ["cuCtxPushCurrent_v2"] (context: CUcontext);
    ctx_pop = "cuCtxPopCurrent" ["cuCtxPopCurrent_v2"] (context: *mut CUcontext);
    ctx_get_current = "cuCtxGetCurrent" ["cuCtxGetCurrent"] (context: *mut CUcontext);
    ctx_get_device = "cuCtxGetDevice" ["cuCtxGetDevice"] (device: *mut CUdevice);

    stream_create = "cuStreamCreate" ["cuStreamCreate"] (stream: *mut CUstream, flags: c_uint);
    stream_destroy = "cuStreamDestroy" ["cuStreamDestroy_v2"] (stream: CUstream);
    stream_synchronize = "cuStreamSynchronize" ["cuStreamSynchronize"] (stream: CUstream);
    stream_query = "cuStreamQuery" ["cuStreamQuery"] (stream: CUstream);
    stream_wait_event = "cuStreamWaitEvent" ["cuStreamWaitEvent"]
        (stream: CUstream, event: CUevent, flags: c_uint);
    stream_write_value = "cuStreamWriteValue64"
        ["cuStreamWriteValue64_v2", "cuStreamWriteValue64"]
        (stream: CUstream, address: CUdeviceptr, value: cuuint64_t, flags: c_uint);
    stream_wait_value = "cuStreamWaitValue64"
        ["cuStreamWaitValue64_v2", "cuStreamWaitValue64"]
        (stream: CUstream, address: CUdeviceptr, value: cuuint64_t, flags: c_uint);

    event_create = "cuEventCreate" ["cuEventCreate"] (event: *mut CUevent, flags: c_uint);
    event_record = "cuEventRecord" ["cuEventRecord"] (event: CUevent, stream: CUstream);
    event_query = "cuEventQuery" ["cuEventQuery"] (event: CUevent);
    event_synchronize = "cuEventSynchronize" ["cuEventSynchronize"] (event: CUevent);
    event_destroy = "cuEventDestroy" ["cuEventDestroy_v2"] (event: CUevent);

    mem_alloc = "cuMemAlloc" ["cuMemAlloc_v2"] (address: *mut CUdeviceptr, bytes: usize);
    mem_free = "cuMemFree" ["cuMemFree_v2"] (address: CUdeviceptr);
    mem_get_address_range = "cuMemGetAddressRange" ["cuMemGetAddressRange_v2"]
        (base: *mut CUdeviceptr, bytes: *mut usize, address: CUdeviceptr);
    pointer_get_attribute = "cuPointerGetAttribute" ["cuPointerGetAttribute"]
        (value: *mut c_void, attribute: CUpointer_attribute, address: CUdeviceptr);

    memcpy_2d_async = "cuMemcpy2DAsync" ["cuMemcpy2DAsync_v2"]
        (copy: *const CUDA_MEMCPY2D, stream: CUstream);
    memcpy_dtoh_async = "cuMemcpyDtoHAsync" ["cuMemcpyDtoHAsync_v2"]
        (to: *mut c_void, from: CUdeviceptr, bytes: usize, stream: CUstream);
    memcpy_htod_async = "cuMemcpyHtoDAsync" ["cuMemcpyHtoDAsync_v2"]
        (to: CUdeviceptr, from: *const c_void, bytes: usize, stream: CUstream);
    memset_d8_async = "cuMemsetD8Async" ["cuMemsetD8Async"]
        (to: CUdeviceptr, value: u8, bytes: usize, stream: CUstream);

    ipc_get_mem_handle = "cuIpcGetMemHandle" ["cuIpcGetMemHandle"]
        (handle: *mut CUipcMemHandle, address: CUdeviceptr);
    ipc_open_mem_handle = "cuIpcOpenMemHandle" ["cuIpcOpenMemHandle_v2"]
        (address: *mut CUdeviceptr, handle: CUipcMemHandle, flags: c_uint);
    ipc_close_mem_handle = "cuIpcCloseMemHandle" ["cuIpcCloseMemHandle"]
        (address: CUdeviceptr);
    ipc_get_event_handle = "cuIpcGetEventHandle" ["cuIpcGetEventHandle"]
        (handle: *mut CUipcEventHandle, event: CUevent);
    ipc_open_event_handle = "cuIpcOpenEventHandle" ["cuIpcOpenEventHandle"]
        (event: *mut CUevent, handle: CUipcEventHandle);

    mem_granularity = "cuMemGetAllocationGranularity" ["cuMemGetAllocationGranularity"]
        (bytes: *mut usize, prop: *const CUmemAllocationProp,
         option: CUmemAllocationGranularity_flags);
    mem_create = "cuMemCreate" ["cuMemCreate"]
        (handle: *mut CUmemGenericAllocationHandle, bytes: usize,
         prop: *const CUmemAllocationProp, flags: u64);
    mem_release = "cuMemRelease" ["cuMemRelease"] (handle: CUmemGenericAllocationHandle);
    mem_address_reserve = "cuMemAddressReserve" ["cuMemAddressReserve"]
        (address: *mut CUdeviceptr, bytes: usize, alignment: usize, wanted: CUdeviceptr,
         flags: u64);
    mem_address_free = "cuMemAddressFree" ["cuMemAddressFree"]
        (address: CUdeviceptr, bytes: usize);
    mem_map = "cuMemMap" ["cuMemMap"]
        (address: CUdeviceptr, bytes: usize, offset: usize,
         handle: CUmemGenericAllocationHandle, flags: u64);
    mem_unmap = "cuMemUnmap" ["cuMemUnmap"] (address: CUdeviceptr, bytes: usize);
    mem_set_access = "cuMemSetAccess" ["cuMemSetAccess"]
        (address: CUdeviceptr, bytes: usize, access: *const CUmemAccessDesc, count: usize);
    mem_export = "cuMemExportToShareableHandle" ["cuMemExportToShareableHandle"]
        (shared: *mut c_void, handle: CUmemGenericAllocationHandle,
         kind: CUmemAllocationHandleType, flags: u64);
    mem_import = "cuMemImportFromShareableHandle" ["cuMemImportFromShareableHandle"]
        (handle: *mut CUmemGenericAllocationHandle, shared: *mut c_void,
         kind: CUmemAllocationHandleType);
    mem_get_handle_for_range = "cuMemGetHandleForAddressRange" ["cuMemGetHandleForAddressRange"]
        (handle: *mut c_void, address: CUdeviceptr, bytes: usize, kind: CUmemRangeHandleType,
         flags: u64);

    mem_host_register = "cuMemHostRegister" ["cuMemHostRegister_v2"]
        (first: *mut c_void, bytes: usize, flags: c_uint);
    mem_host_unregister = "cuMemHostUnregister" ["cuMemHostUnregister"] (first: *mut c_void);
    mem_host_get_device_pointer = "cuMemHostGetDevicePointer" ["cuMemHostGetDevicePointer_v2"]
        (address: *mut CUdeviceptr, first: *mut c_void, flags: c_uint);

    module_load_data = "cuModuleLoadData" ["cuModuleLoadData"]
        (module: *mut CUmodule, image: *const c_void);
    module_unload = "cuModuleUnload" ["cuModuleUnload"] (module: CUmodule);
    module_get_function = "cuModuleGetFunction" ["cuModuleGetFunction"]
        (function: *mut CUfunction, module: CUmodule, name: *const c_char);
    launch_kernel = "cuLaunchKernel" ["cuLaunchKernel"]
        (function: CUfunction, grid_x: c_uint, grid_y: c_uint, grid_z: c_uint,
         block_x: c_uint, block_y: c_uint, block_z: c_uint, shared: c_uint,
         stream: CUstream, parameters: *mut *mut c_void, extra: *mut *mut c_void);
}

impl Table {
    /// The first function, of those without which nothing works, that is not there.
    pub fn lacks(&self) -> Option<&'static str> {
        const NEEDED: [&str; 13] = [
            "cuInit",
            "cuDriverGetVersion",
            "cuDeviceGetCount",
            "cuDeviceGet",
            "cuDeviceGetName",
            "cuDeviceGetUuid_v2",
            "cuDeviceGetAttribute",
            "cuDevicePrimaryCtxRetain",
            "cuDevicePrimaryCtxRelease_v2",
            "cuCtxPushCurrent_v2",
            "cuCtxPopCurrent_v2",
            "cuCtxGetCurrent",
            "cuCtxGetDevice",
        ];
        let missing = self.missing();
        missing.into_iter().find(|symbol| NEEDED.contains(symbol))
    }

    #[inline]
    fn check(&self, call: &'static str, code: CUresult) -> Result<()> {
        match code {
            CUDA_SUCCESS => Ok(()),
            code => Err(CudaError::Failed {
                call,
                code,
                name: self.name_of(code),
            }),
        }
    }

    fn name_of(&self, code: CUresult) -> &'static str {
        let mut name = std::ptr::null();
        if let Some(get) = self.get_error_name {
            // SAFETY: I14, I17: `name` is a live pointer to a string, which the call sets.
            unsafe { get(code, &mut name) };
        }
        if name.is_null() {
            return known_name(code);
        }
        // SAFETY: the driver's names are constants of a library that is never unloaded.
        let name = unsafe { CStr::from_ptr(name) };
        name.to_str().unwrap_or(known_name(code))
    }
}

/// The function behind `symbol`, whose last byte is a zero.
fn find<F: Copy>(library: &Library, symbol: &'static str) -> Option<F> {
    // SAFETY: I14: `F` is the signature that the table declares for this name.
    let found = unsafe { library.get::<F>(symbol) };
    found.ok().map(|found| *found)
}
