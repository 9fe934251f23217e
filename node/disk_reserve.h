// The disk's reserve: below it this node takes nothing new, so that what it has promised always has room
// (consensus.md section 3).
//
// look() asks the file system, by whoever keeps time; the others read what it saw. When the file system does
// not answer, what it said last stands. Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace anta {

// 2 GiB or 5 % of the disk, whichever is smaller; or what is configured, when that is not 0.
std::uint64_t disk_reserve(std::uint64_t capacity, std::uint64_t configured);

class DiskReserve {
 public:
  static constexpr std::uint32_t interval_ms = 1'000;

  DiskReserve(std::filesystem::path directory, std::uint64_t configured)
      : directory_(std::move(directory)), configured_(configured) {}

  void look();
  void configure(std::uint64_t configured) { configured_ = configured; }  // counts from the next look

  bool low() const { return available_ < reserve_; }
  std::uint64_t available() const { return available_; }
  std::uint64_t reserve() const { return reserve_; }

 private:
  const std::filesystem::path directory_;
  std::atomic<std::uint64_t> configured_;
  std::atomic<std::uint64_t> available_ = 0;
  std::atomic<std::uint64_t> reserve_ = 0;
};

}  // namespace anta
