// UploadSession: one resumable upload. The server's own count of stored bytes decides where to go on after a broken request,
// and a lost final answer is asked for again.
// https://cloud.google.com/storage/docs/performing-resumable-uploads
// Used by ResumableUpload, which makes one call after the other; abort() may be called at any time, from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "backend/http/checksum.h"
#include "backends/gcs/client.h"

namespace genro::storage::gcs {

class UploadSession {
 public:
  static constexpr std::uint64_t kUnit = kLimits.part_size_min;  // all requests but the last carry whole units

  // `target`: path and query of the session.
  UploadSession(std::shared_ptr<Client> client, std::string path, std::string target);

  std::uint64_t begin() const noexcept { return begin_; }  // where what is sent next begins; a multiple of the unit
  // Whole units. When it fails, the same is to be sent again.
  Task<void> send(Body data);
  // The rest, and the end of all. `whole` is the checksum of all; it may be unknown.
  Task<Entry> finish(Body rest, Checksum whole);
  // Ends it on the server, unless it has become an object.
  Task<void> abort();

 private:
  Task<void> exchange(std::string range, Body body, std::string hash);
  Task<void> send_until(Body data, std::uint64_t end, bool last, std::string hash);
  void require_sent(std::uint64_t end) const;

  const std::shared_ptr<Client> client_;
  const std::string path_;
  const std::string target_;
  std::uint64_t begin_ = 0;
  std::uint64_t stored_ = 0;  // bytes that the server has
  bool known_ = true;         // false: a request broke off, so that the server has to be asked
  std::string object_;        // what the server said at the end
  std::atomic<bool> aborted_{false};
  std::atomic<bool> finished_{false};  // it has become an object
};

}  // namespace genro::storage::gcs
