//! Tells the program which FFmpeg it is built for, where that makes a difference.

fn main() {
    println!("cargo:rustc-check-cfg=cfg(ffmpeg_asks_for_safe_callbacks)");
    println!("cargo:rustc-check-cfg=cfg(ffmpeg_carries_pointers)");
    // As ffmpeg-sys-next found it. From FFmpeg 6 on callbacks are always called by any thread,
    // and a decoder carries a pointer from packet to picture.
    match std::env::var("DEP_FFMPEG_FFMPEG_6_0").as_deref() {
        Ok("true") => println!("cargo:rustc-cfg=ffmpeg_carries_pointers"),
        _ => println!("cargo:rustc-cfg=ffmpeg_asks_for_safe_callbacks"),
    }
}
