// Follows shared memory with frames, and prints a line for each:
//
//     g++ -std=c++17 -O2 reader.cpp -o reader && ./reader /vizion_frame
//
// number, size of the picture, format, bytes, timestamp, CRC-32 of the bytes. A writer that dies is
// told, and the next one is followed; it ends when the writer closes.
//
// It reads through the file and not through a mapping: if somebody cuts the segment short, that is a
// short read here, where an access to a mapping would end the process. The counter alone is mapped,
// and only the kernel looks at it, to sleep until it changes.

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

struct Header {
    uint32_t magic, width, height, format, data_size;
    uint64_t timestamp_ns;
    uint32_t frame_sequence, write_sequence;
    char format_str[16];
    // Writers that say more begin with this tag; others have zeros from here on.
    char tag[4];
    uint32_t header_len;
    uint64_t capacity;
    uint32_t writer_pid, clock;
    uint64_t writer_start, written_ns, dropped, began_ns;
    uint8_t reserved[16];
};
static_assert(sizeof(Header) == 128 && offsetof(Header, timestamp_ns) == 24 &&
              offsetof(Header, write_sequence) == 36 && offsetof(Header, tag) == 56);

constexpr uint32_t MAGIC = 0x56495A4E;

struct Frame {
    Header header{};
    std::vector<uint8_t> bytes;
};

class Reader {
public:
    explicit Reader(const std::string &name)
        : path_("/dev/shm/" + (name.rfind('/', 0) == 0 ? name.substr(1) : name)) {
        if (!open())
            throw std::runtime_error("cannot open " + path_ + ": " + std::strerror(errno));
        Header header;
        // The frame that is there is the first that is read: none before it is missed.
        if (load(header) && header.data_size != 0)
            before_ = header.frame_sequence - 1;
    }
    ~Reader() { close(); }
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    // The newest frame, if it is new and whole.
    bool look(Frame &frame) {
        uint32_t counter;
        Header &header = frame.header;
        if (!sequence(counter) || counter % 2 != 0)
            return false;
        std::atomic_thread_fence(std::memory_order_acquire);
        if (!load(header) || !unchanged(counter) || header.magic != MAGIC)
            return false;
        if (header.data_size == 0 || (any_ && header.frame_sequence == last_))
            return false;
        frame.bytes.resize(header.data_size);
        if (!load(frame.bytes.data(), frame.bytes.size(), sizeof(Header)) || !unchanged(counter))
            return false;
        missed_ += std::max<int32_t>(0, int32_t(header.frame_sequence - before_ - 1));
        last_ = before_ = header.frame_sequence;
        any_ = true;
        return true;
    }

    // Sleeps until the counter changes, at most for so long.
    void wait(std::chrono::milliseconds limit) const {
        uint32_t counter;
        Header header;
        // The counter before the header: a frame that comes behind this look has changed it.
        bool wakes = page_ != MAP_FAILED && sequence(counter) && load(header) && extended(header);
        if (!wakes) {
            usleep(1000);
            return;
        }
        bool is_new = any_ ? header.frame_sequence != last_ : header.data_size != 0;
        if (counter % 2 == 0 && is_new)
            return;
        timespec time{0, static_cast<long>(limit.count()) * 1000000};
        auto *word = static_cast<char *>(page_) + offsetof(Header, write_sequence);
        syscall(SYS_futex, word, FUTEX_WAIT, counter, &time, nullptr, 0);
    }

    // Writers with the tag lock their file as long as they live; others do not say.
    bool writer_lives() const {
        Header header;
        if (!load(header) || !extended(header))
            return true;
        if (flock(file_, LOCK_SH | LOCK_NB) != 0)
            return errno == EWOULDBLOCK;
        flock(file_, LOCK_UN);
        return false;
    }

    enum class Name { ours, another, nobody };

    Name named() const {
        struct stat now, own;
        if (stat(path_.c_str(), &now) != 0)
            return Name::nobody;
        fstat(file_, &own);
        return now.st_ino == own.st_ino && now.st_dev == own.st_dev ? Name::ours : Name::another;
    }

    // Follows the name to another file.
    void reopen() {
        Header before, after;
        bool known = load(before);
        close();
        if (!open())
            return;
        bool same = known && load(after) && extended(after) &&
                    before.writer_pid == after.writer_pid &&
                    before.began_ns == after.began_ns;
        if (!same) {
            // Another writer begins with 1.
            any_ = false;
            before_ = 0;
        }
    }

    uint64_t missed() const { return missed_; }

private:
    bool open() {
        file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        if (file_ >= 0)
            page_ = mmap(nullptr, sizeof(Header), PROT_READ, MAP_SHARED, file_, 0);
        return file_ >= 0;
    }

    void close() {
        if (page_ != MAP_FAILED)
            munmap(page_, sizeof(Header));
        if (file_ >= 0)
            ::close(file_);
        page_ = MAP_FAILED;
        file_ = -1;
    }

    static bool extended(const Header &header) {
        return std::memcmp(header.tag, "VZX1", 4) == 0;
    }

    bool load(void *to, size_t size, off_t at) const {
        auto *bytes = static_cast<char *>(to);
        while (size > 0) {
            ssize_t read = pread(file_, bytes, size, at);
            if (read <= 0)
                return false;
            bytes += read;
            at += read;
            size -= static_cast<size_t>(read);
        }
        return true;
    }

    bool load(Header &header) const { return load(&header, sizeof header, 0); }

    bool sequence(uint32_t &counter) const {
        return load(&counter, sizeof counter, offsetof(Header, write_sequence));
    }

    // True if nothing was written since: what was read before this is ordered before this look.
    bool unchanged(uint32_t counter) const {
        std::atomic_thread_fence(std::memory_order_acquire);
        uint32_t now;
        return sequence(now) && now == counter;
    }

    std::string path_;
    int file_ = -1;
    void *page_ = MAP_FAILED;
    bool any_ = false;
    uint32_t last_ = 0, before_ = 0;
    uint64_t missed_ = 0;
};

uint32_t crc32(const std::vector<uint8_t> &bytes) {
    static const auto table = [] {
        std::array<uint32_t, 256> all{};
        for (uint32_t index = 0; index < 256; index++) {
            uint32_t value = index;
            for (int bit = 0; bit < 8; bit++)
                value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
            all[index] = value;
        }
        return all;
    }();
    uint32_t crc = ~0u;
    for (uint8_t byte : bytes)
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8;
    return ~crc;
}

void print(const Frame &frame) {
    const Header &header = frame.header;
    std::printf("frame %u %ux%u %.16s %u %llu %08x\n", header.frame_sequence, header.width,
                header.height, header.format_str, header.data_size,
                static_cast<unsigned long long>(header.timestamp_ns), crc32(frame.bytes));
}

void follow(const std::string &name) {
    using std::chrono::milliseconds;
    Reader reader(name);
    Frame frame;
    uint64_t frames = 0;
    bool told = false;
    std::printf("reading %s\n", name.c_str());
    while (true) {
        // Before the look, so that the last frame of a writer is read.
        Reader::Name named = reader.named();
        bool lives = reader.writer_lives();
        if (reader.look(frame)) {
            frames++;
            print(frame);
            continue;
        }
        if (named == Reader::Name::another) {
            reader.reopen();
            told = false;
        } else if (!lives && !told) {
            if (named == Reader::Name::nobody)
                break;
            std::printf("dead\n");
            told = true;
        }
        reader.wait(milliseconds(50));
    }
    std::printf("end %llu frames, %llu missed\n", static_cast<unsigned long long>(frames),
                static_cast<unsigned long long>(reader.missed()));
}

} // namespace

int main(int count, char **arguments) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    try {
        follow(count > 1 ? arguments[1] : "/vizion_frame");
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
