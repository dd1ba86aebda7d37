//! stub
use super::{DevicePlane, DeviceRows};
use crate::error::Result;
use crate::format::FrameLayout;
use crate::sys::Fd;
use crate::sys::cuda::{Context, CudaError};
use crate::wire::MemoryKind;

#[derive(Debug)]
pub struct CudaPool;
#[derive(Debug)]
pub struct CudaImport;
#[derive(Debug)]
pub enum CudaSource {
    Vmm(Fd),
    Ipc(Vec<[u8; 64]>),
}
impl CudaPool {
    pub fn new(_: &Context, _: MemoryKind, _: FrameLayout, _: usize) -> Result<Self> {
        panic!()
    }
    pub fn size(&self) -> u64 {
        0
    }
    pub fn offset(&self, _: usize) -> u64 {
        0
    }
    pub fn layout(&self) -> &FrameLayout {
        panic!()
    }
    pub fn fd(&self) -> Option<&Fd> {
        None
    }
    pub fn handle(&self, _: usize) -> [u8; 64] {
        [0; 64]
    }
    pub fn is_external(&self) -> bool {
        false
    }
    pub fn plane(&self, _: usize, _: usize) -> Option<DevicePlane> {
        None
    }
    pub fn copy_on(
        &self,
        _: crate::sys::cuda::StreamRef<'_>,
        _: DeviceRows,
        _: (usize, usize),
    ) -> std::result::Result<(), CudaError> {
        Ok(())
    }
    pub fn upload(
        &self,
        _: &DevicePlane,
        _: &[u8],
        _: usize,
    ) -> std::result::Result<(), CudaError> {
        Ok(())
    }
}
impl CudaImport {
    pub fn open(_: &Context, _: &CudaSource, _: u64, _: FrameLayout) -> Result<Self> {
        panic!()
    }
    pub fn plane(&self, _: usize, _: u64, _: usize) -> Option<DevicePlane> {
        None
    }
    pub fn allocation(&self, _: usize) -> Option<u64> {
        None
    }
    pub fn download(&self, _: &DevicePlane, _: &mut [u8]) -> std::result::Result<(), CudaError> {
        Ok(())
    }
}
