#include <rocksdb/env.h>

#include "tests/consensus/cluster.h"

namespace anta::test {
namespace {

class FailingFile final : public rocksdb::WritableFileWrapper {
 public:
  FailingFile(std::unique_ptr<rocksdb::WritableFile> file, const std::atomic<bool>& failing)
      : WritableFileWrapper(file.get()), file_(std::move(file)), failing_(failing) {}

  rocksdb::Status Sync() override { return failing_ ? failed() : file_->Sync(); }
  rocksdb::Status Fsync() override { return failing_ ? failed() : file_->Fsync(); }
  rocksdb::Status RangeSync(std::uint64_t offset, std::uint64_t bytes) override {
    return failing_ ? failed() : file_->RangeSync(offset, bytes);
  }

 private:
  static rocksdb::Status failed() { return rocksdb::Status::IOError("the disk of the test is broken"); }
  std::unique_ptr<rocksdb::WritableFile> file_;
  const std::atomic<bool>& failing_;
};

class FailingEnv final : public rocksdb::EnvWrapper {
 public:
  explicit FailingEnv(const std::atomic<bool>& failing)
      : EnvWrapper(rocksdb::Env::Default()), failing_(failing) {}

  rocksdb::Status NewWritableFile(const std::string& name, std::unique_ptr<rocksdb::WritableFile>* result,
                                  const rocksdb::EnvOptions& options) override {
    std::unique_ptr<rocksdb::WritableFile> file;
    rocksdb::Status status = target()->NewWritableFile(name, &file, options);
    if (status.ok()) *result = std::make_unique<FailingFile>(std::move(file), failing_);
    return status;
  }

 private:
  const std::atomic<bool>& failing_;
};

}  // namespace

FaultyEnv::FaultyEnv() : env(std::make_shared<FailingEnv>(failing)) {}
FaultyEnv::~FaultyEnv() = default;

}  // namespace anta::test
