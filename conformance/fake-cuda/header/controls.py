"""Signatures to try the comparison on: right ones, and wrong ones with the place to be named."""

RIGHT = """
pub type CUresult = i32;
pub type CUstream = *mut c_void;
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Event(*mut c_void);
#[repr(C)]
pub struct Uuid { pub bytes: [u8; 16] }
#[repr(C)]
pub struct Location { kind: u32, id: c_int }
#[repr(C)]
pub struct Flags {
    compression: u8,
    rdma: u8,
    usage: u16,
    reserved: [u8; 4],
}
#[repr(C)]
struct Prop {
    kind: u32, // CUmemAllocationType
    handles: u32,
    location: Location,
    win32: *mut c_void,
    flags: Flags,
}
pub unsafe extern "C" fn cuMemAlloc_v2(address: *mut u64, bytes: usize) -> CUresult { 0 }
pub unsafe extern "C" fn cuStreamWaitEvent(stream: CUstream, event: Event, flags: c_uint) -> CUresult { 0 }
pub extern "C" fn cuDeviceGetUuid_v2(uuid: *mut Uuid, device: i32) -> CUresult { 0 }
pub unsafe extern "C" fn cuMemCreate(handle: *mut u64, bytes: usize, prop: *const Prop, flags: u64) -> i32 { 0 }
pub unsafe extern "C" fn cuStreamAddCallback(
    stream: CUstream,
    callback: Option<unsafe extern "C" fn(CUstream, CUresult, *mut c_void)>,
    user: *mut c_void,
    flags: u32,
) -> CUresult {
    0
}
pub struct Table {
    pub cuMemFree_v2: Option<unsafe extern "C" fn(u64) -> i32>,
    pub cuCtxGetCurrent: unsafe extern "C" fn(*mut *mut c_void) -> c_int,
}
functions! {
    host_register = "cuMemHostRegister" ["cuMemHostRegister_v2", "cuMemHostRegister"]
        (host: *mut c_void, bytes: usize, flags: c_uint);
}
"""

PROP = RIGHT[RIGHT.index("#[repr(C)]\npub struct Location"):RIGHT.index("pub unsafe extern")]


def _function(name: str, arguments: str, result: str = "i32") -> str:
    return f'pub unsafe extern "C" fn {name}({arguments}) -> {result} {{ 0 }}\n'


_CREATE = _function("cuMemCreate", "handle: *mut u64, bytes: usize, prop: *const Prop, flags: u64")

WRONG = [
    ("an argument too few", _function("cuMemAlloc_v2", "address: *mut u64"),
     "cuMemAlloc_v2: number of arguments"),
    ("an argument too many", _function("cuMemFree_v2", "address: u64, flags: u32"),
     "cuMemFree_v2: number of arguments"),
    ("a number too small", _function("cuMemAlloc_v2", "address: *mut u64, bytes: u32"),
     "cuMemAlloc_v2: argument 2"),
    ("a place too small", _function("cuMemAlloc_v2", "address: *mut u32, bytes: usize"),
     "cuMemAlloc_v2: argument 1"),
    ("arguments in another order", _function("cuMemAlloc_v2", "bytes: usize, address: *mut u64"),
     "cuMemAlloc_v2: argument 1"),
    ("a number for a pointer", _function("cuEventDestroy_v2", "event: u64"),
     "cuEventDestroy_v2: argument 1"),
    ("a pointer too few", _function("cuIpcGetEventHandle", "handle: *mut c_void, event: *mut u32"),
     "cuIpcGetEventHandle: argument 2"),
    ("another result", _function("cuMemFree_v2", "address: u64", "u64"),
     "cuMemFree_v2: result"),
    ("a float", _function("cuEventElapsedTime", "ms: *mut f64, start: *mut c_void, end: *mut c_void"),
     "cuEventElapsedTime: argument 1"),
    ("a wrong pointer in a table",
     'struct Table { cuMemFree_v2: Option<unsafe extern "C" fn(u32) -> i32> }',
     "cuMemFree_v2: argument 1"),
    ("a wrong entry of a macro", "table! {\n    cuMemFree_v2: fn(u32);\n}\n",
     "cuMemFree_v2: argument 1"),
    ("a wrong row of a table", 'x! {\n    mem_free = "cuMemFree" ["cuMemFree_v2"] (address: u32);\n}\n',
     "cuMemFree_v2: argument 1"),
    ("a callback with another argument",
     _function("cuLaunchHostFunc", "stream: *mut c_void, f: Option<unsafe extern \"C\" fn(u32)>, user: *mut c_void"),
     "cuLaunchHostFunc: argument 2"),
    ("a struct that is too short", PROP.replace("[u8; 4]", "[u8; 2]") + _CREATE,
     "cuMemCreate: argument 3"),
    ("a struct with a field of another type", PROP.replace("id: c_int", "id: f32") + _CREATE,
     "cuMemCreate: argument 3"),
    ("a struct with fields in another order",
     PROP.replace("    kind: u32, // CUmemAllocationType\n    handles: u32,\n    location: Location,\n",
                  "    location: Location,\n    kind: u32,\n    handles: u32,\n") + _CREATE,
     "cuMemCreate: argument 3"),
    ("a function that does not exist", _function("cuMemAlloc_v9", "address: *mut u64"),
     "cuMemAlloc_v9"),
]
