#include "python/asyncio/python_call.h"

#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "python/calls/convert.h"
#include "python/enter.h"

namespace genro::storage::python {
namespace {

/// Of an exception of this package: its `code` names it.
std::optional<ErrorCode> named_code(PyObject* exception) {
  const Ref code = Ref::steal(PyObject_GetAttrString(exception, "code"));
  const char* text = code && PyUnicode_Check(code.get()) ? PyUnicode_AsUTF8(code.get()) : nullptr;
  PyErr_Clear();
  if (!text || *text == '\0') return std::nullopt;
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    if (to_string(static_cast<ErrorCode>(i)) == std::string_view(text)) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

std::optional<ErrorCode> errno_code(PyObject* exception) {
  const Ref number = Ref::steal(PyObject_GetAttrString(exception, "errno"));
  const long value = number && PyLong_Check(number.get()) ? PyLong_AsLong(number.get()) : 0;
  PyErr_Clear();
  if (value == ENOTEMPTY) return ErrorCode::not_empty;
  if (value == ENOSPC) return ErrorCode::no_space;
  return std::nullopt;
}

/// What the engine's own decisions need to know of a failure; nothing for everything else.
std::optional<ErrorCode> code_of(PyObject* exception) {
  if (const auto code = named_code(exception)) return code;
  const std::pair<PyObject*, ErrorCode> known[] = {
      {PyExc_FileNotFoundError, ErrorCode::not_found},       {PyExc_FileExistsError, ErrorCode::already_exists},
      {PyExc_IsADirectoryError, ErrorCode::is_directory},    {PyExc_NotADirectoryError, ErrorCode::not_directory},
      {PyExc_PermissionError, ErrorCode::permission_denied}, {PyExc_TimeoutError, ErrorCode::timeout},
      {PyExc_ConnectionError, ErrorCode::connection},        {PyExc_NotImplementedError, ErrorCode::unsupported},
  };
  for (const auto& [type, code] : known) {
    if (PyErr_GivenExceptionMatches(exception, type)) return code;
  }
  if (PyErr_GivenExceptionMatches(exception, PyExc_OSError)) return errno_code(exception);
  return std::nullopt;
}

}  // namespace

void throw_python_error(const char* operation, const std::string& path) {
  const PythonError error = PythonError::take();
  const std::optional<ErrorCode> code = code_of(error.object());
  if (!code) error.raise();
  throw Error(*code, operation, path, error.what()).with_cause(std::make_exception_ptr(error));
}

void forgive() {
  if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_Exception)) throw ErrorIsSet();
  PyErr_Clear();
}

Ref call_method(PyObject* object, const char* name, std::initializer_list<PyObject*> arguments) {
  const Ref method = checked(enter([&] { return PyObject_GetAttrString(object, name); }));
  const std::vector<PyObject*> values(arguments);
  return checked(enter([&] { return PyObject_Vectorcall(method.get(), values.data(), values.size(), nullptr); }));
}

Ref call_method(PyObject* object, const char* name, const std::string& path) {
  const Ref argument = checked(name_to_python(path));
  return call_method(object, name, {argument.get()});
}

}  // namespace genro::storage::python
