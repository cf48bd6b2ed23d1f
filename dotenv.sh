# Reads a .env file. For `source`; needs nothing but bash 3.2 (macOS has that one).
#
#   load_dotenv FILE   exports what the environment does not hold already
#
# A line is NAME=VALUE, with spaces around either, `export` before it, and a
# comment after it. In 'single' quotes all is literal, in "double" quotes \" and
# \\ stand for themselves; without quotes a comment begins with " #". Nothing is
# ever run or expanded: $ and ` are letters. All faults are reported at once, by
# line number and without the value, and then nothing is exported (status 2).

load_dotenv() {
  local _file=$1 _line _number=0 _faults=0 _index _inherited
  local _name _value _problem
  local -a _names _values
  _names=() _values=()
  [ -e "$_file" ] || return 0
  if [ ! -f "$_file" ] || [ ! -r "$_file" ]; then
    printf '%s: cannot be read\n' "$_file" >&2
    return 2
  fi

  while IFS= read -r _line || [ -n "$_line" ]; do
    _number=$((_number + 1))
    [ "$_number" -gt 1 ] || _line=${_line#$'\xef\xbb\xbf'} # some editors begin with a mark
    _dotenv_trim "${_line%$'\r'}"
    [ -n "$_value" ] && [ "${_value:0:1}" != '#' ] || continue
    _problem=
    _dotenv_parse "$_value"
    for ((_index = 0; _index < ${#_names[@]}; _index++)); do
      [ -n "$_problem" ] || [ "${_names[_index]}" != "$_name" ] || _problem="$_name is set twice"
    done
    if [ -n "$_problem" ]; then
      printf '%s:%d: %s\n' "$_file" "$_number" "$_problem" >&2
      _faults=$((_faults + 1))
    else
      _names[${#_names[@]}]=$_name
      _values[${#_values[@]}]=$_value
    fi
  done <"$_file"
  [ "$_faults" -eq 0 ] || return 2

  _inherited=$'\n'$(compgen -e)$'\n'
  for ((_index = 0; _index < ${#_names[@]}; _index++)); do
    case $_inherited in *$'\n'"${_names[_index]}"$'\n'*) continue ;; esac
    export "${_names[_index]}=${_values[_index]}"
  done
}

# Sets _name and _value from one line, or _problem.
_dotenv_parse() {
  local _rest=$1
  case $_rest in export[[:blank:]]*) _dotenv_trim "${_rest#export}" && _rest=$_value ;; esac
  case $_rest in
    *=*) ;;
    *) _problem='there is no "="' && return ;;
  esac
  _dotenv_trim "${_rest%%=*}"
  _name=$_value
  case $_name in
    # No small letters: such names are the scripts' own.
    '' | [!A-Z]* | *[!A-Z0-9_]*) _problem='the name is not of capital letters, digits and "_"' && return ;;
  esac
  _dotenv_trim "${_rest#*=}"
  case $_value in
    "'"*) _dotenv_quoted "'" ;;
    '"'*) _dotenv_quoted '"' ;;
    '#'*) _value= ;;
    *) _dotenv_trim "${_value%%[[:blank:]]#*}" ;;
  esac
}

# Takes the quotes off _value, letter by letter, since an escaped one does not close it.
_dotenv_quoted() {
  local _quote=$1 _in=$_value _out= _letter _at=1
  while [ "$_at" -lt "${#_in}" ]; do
    _letter=${_in:_at:1}
    case $_letter in
      "$_quote") break ;;
      '\')
        case $_quote${_in:_at+1:1} in '""' | '"\') _at=$((_at + 1)) && _letter=${_in:_at:1} ;; esac
        ;;
    esac
    _out=$_out$_letter
    _at=$((_at + 1))
  done
  [ "$_at" -lt "${#_in}" ] || { _problem='the closing quote is missing' && return; }
  _dotenv_trim "${_in:_at+1}"
  case $_value in
    '' | '#'*) _value=$_out ;;
    *) _problem='there is something after the closing quote' ;;
  esac
}

# Sets _value to the text without blanks around it.
_dotenv_trim() {
  _value=${1#"${1%%[![:blank:]]*}"}
  _value=${_value%"${_value##*[![:blank:]]}"}
}
