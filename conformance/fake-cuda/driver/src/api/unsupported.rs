//! Functions that programs look up and this driver does not simulate.

use crate::abi::{CUresult, NOT_SUPPORTED};

macro_rules! unsupported {
    ($($name:ident)*) => {$(
        /// Always `CUDA_ERROR_NOT_SUPPORTED`.
        #[unsafe(no_mangle)]
        pub extern "C" fn $name() -> CUresult {
            super::call(stringify!($name), || Err(NOT_SUPPORTED))
        }
    )*};
}

unsupported! {
    cuArray3DCreate_v2 cuArrayDestroy cuArrayCreate_v2
    cuDestroyExternalMemory cuDestroyExternalSemaphore
    cuEGLStreamConsumerDisconnect cuEGLStreamProducerConnect cuEGLStreamProducerDisconnect
    cuEGLStreamProducerPresentFrame cuEGLStreamProducerReturnFrame
    cuExternalMemoryGetMappedBuffer cuExternalMemoryGetMappedMipmappedArray
    cuGLGetDevices_v2 cuGraphicsGLRegisterImage cuGraphicsGLRegisterBuffer
    cuGraphicsMapResources cuGraphicsUnmapResources cuGraphicsUnregisterResource
    cuGraphicsResourceGetMappedPointer_v2 cuGraphicsResourceSetMapFlags_v2
    cuGraphicsSubResourceGetMappedArray
    cuImportExternalMemory cuImportExternalSemaphore
    cuLinkCreate_v2 cuLinkAddData_v2 cuLinkComplete cuLinkDestroy
    cuLinkCreate cuLinkAddData
    cuMemAllocManaged cuMipmappedArrayDestroy cuMipmappedArrayGetLevel cuModuleGetGlobal_v2 cuModuleGetGlobal
    cuSignalExternalSemaphoresAsync cuWaitExternalSemaphoresAsync
    cuTexObjectCreate cuTexObjectDestroy
    cuDeviceCanAccessPeer cuCtxEnablePeerAccess cuCtxDisablePeerAccess
    cuMemcpy3D_v2 cuMemcpy3DAsync_v2 cuMemcpyPeerAsync
    cuMemRetainAllocationHandle
    cuMemGetAllocationPropertiesFromHandle cuGetExportTable
    cuMemPoolCreate cuMemPoolDestroy cuMemAllocAsync cuMemFreeAsync cuMemAllocFromPoolAsync
    cuDeviceGetMemPool cuDeviceGetDefaultMemPool cuMemPoolSetAttribute cuMemPoolGetAttribute
    cuMemPoolSetAccess cuMemPoolExportToShareableHandle cuMemPoolImportFromShareableHandle
    cuMemPoolExportPointer cuMemPoolImportPointer
}
