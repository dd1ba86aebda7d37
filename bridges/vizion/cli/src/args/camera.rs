//! Arguments of the commands that set something at the camera.

use clap::Args;

/// A value; get-controls tells its range.
#[derive(Debug, Args)]
pub struct Number {
    /// The value; get-controls tells its range
    #[arg(allow_negative_numbers = true)]
    pub value: i64,
}

/// Arguments of `set-exposure`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Exposure {
    /// The camera chooses
    #[arg(long)]
    pub auto: bool,
    /// This value; of V4L2 cameras it is in units of 100 us
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    pub manual: Option<i64>,
}

/// Arguments of `set-whitebalance`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct WhiteBalance {
    /// The camera chooses
    #[arg(long)]
    pub auto: bool,
    /// This colour temperature, in Kelvin
    #[arg(long, value_name = "KELVIN", allow_negative_numbers = true)]
    pub manual: Option<i64>,
}
