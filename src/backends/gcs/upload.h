// ResumableUpload: a content that goes up in parts, one after the other, over one session of the server's.
// https://cloud.google.com/storage/docs/performing-resumable-uploads
// Used by the gcs backend. What the server has is its own word at any time: a part that broke off goes on where the server
// stands, and a completion whose answer got lost is asked for. Nothing is seen before complete().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/http/checksum.h"
#include "backends/gcs/client.h"
#include "core/mutex.h"
#include "genro/storage/backend.h"
#include "net/wait_queue.h"

namespace genro::storage::gcs {

class ResumableUpload final : public LeafUpload {
 public:
  // `target`: path and query of the session.
  ResumableUpload(std::shared_ptr<Client> client, std::string path, std::string target);

  // Parts may be given in any order and side by side. Each waits for those before it that were given; one that is given before
  // them is kept until they come.
  Task<std::string> part(int number, Body body) override;
  Task<Entry> complete(std::vector<std::string> tags) override;
  Task<void> abort() override;
  std::uint64_t part_size(std::uint64_t total_size) const override;

 private:
  enum class Turn : unsigned char { mine, kept, done };
  Task<Turn> take_turn(int number, Body body, std::string sum);
  void end_turn() noexcept;
  std::optional<Body> next_kept();
  Task<void> send_kept();
  Task<void> send(Body body);
  Task<void> ask();
  void require_sent(std::uint64_t end) const;
  Task<void> exchange(std::string range, Body body, std::string hash);
  Task<void> send_until(Body data, std::uint64_t end, std::string total, std::string hash);
  Task<Entry> finish(std::uint64_t size, Checksum checksum);

  const std::shared_ptr<Client> client_;
  const std::string path_;
  const std::string target_;

  Mutex mutex_;  // guards whose turn it is
  WaitQueue waiting_{mutex_};
  int next_ = 1;
  bool busy_ = false;
  std::map<int, Body> kept_;         // given, and not sent yet
  std::map<int, std::string> sums_;  // of all that were given

  // Of whose turn it is:
  std::uint64_t begin_ = 0;   // where tail_ begins; a multiple of the unit
  Bytes tail_;                // the end of what was given, less than a unit: it goes with what follows
  std::uint64_t stored_ = 0;  // bytes that the server has
  bool known_ = true;         // false: a request broke off, so that the server has to be asked
  std::string object_;        // what the server said at the end
};

// Ended by itself when the operation is stopped before it is told of it.
Task<std::unique_ptr<Upload>> start_upload(std::shared_ptr<Client> client, std::string path, PutOptions options);

}  // namespace genro::storage::gcs
