//! Tells the program which FFmpeg it is built for, where that makes a difference.

fn main() {
    println!("cargo:rustc-check-cfg=cfg(ffmpeg_asks_for_safe_callbacks)");
    // As ffmpeg-sys-next found it: from FFmpeg 6 on callbacks are always called by any thread.
    if std::env::var("DEP_FFMPEG_FFMPEG_6_0").as_deref() != Ok("true") {
        println!("cargo:rustc-cfg=ffmpeg_asks_for_safe_callbacks");
    }
}
