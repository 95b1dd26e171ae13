# bash completion for edge-upload. Install with: eval "$(edge-upload completion bash)"
#
# Nothing that is typed is evaluated, and no word of a suggestion is expanded. Needs no other package.

_edge_upload() {
  local words=() rest=$COMP_LINE piece

  # Bash splits words at : and =, too. Pieces without a blank between them are one word.
  for piece in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if ((${#words[@]} == 0)) || [[ $rest == [[:blank:]]* || -z $rest ]]; then words+=(''); fi
    rest=${rest#"${rest%%[![:blank:]]*}"}
    words[${#words[@]} - 1]+=$piece
    rest=${rest#"$piece"}
  done

  # Text after the cursor does not count.
  local cur=${words[${#words[@]} - 1]}
  local after=$((${#COMP_LINE} - COMP_POINT - ${#rest}))
  if ((after > 0)); then cur=${cur:0:${#cur}-after}; fi

  COMPREPLY=()
  # The target of a redirection is a file.
  if ((${#words[@]} > 1)) && [[ ${words[${#words[@]} - 2]} == *[\<\>] ]]; then return; fi

  local quote=''
  case $cur in
    [\'\"]*) quote=${cur:0:1} cur=${cur:1} ;;
    *) cur=${cur//\\/} ;;
  esac

  local out directive=4
  out=$(edge-upload complete -- "${words[@]:1:${#words[@]}-2}" "$cur" 2>/dev/null) || return
  directive=${out##*:}
  out=${out%:*}

  # Bash replaces the text after the last : or = only.
  if [[ $cur == --*=* ]]; then cur=${cur#*=}; fi
  local kept=''
  if [[ -z $quote && $cur == *[:=]* ]]; then kept=${cur%"${cur##*[:=]}"}; fi

  local value
  while IFS=$'\t' read -r value _; do
    if [[ -z $value ]]; then continue; fi
    value=${value#"$kept"}
    if [[ -z $quote ]]; then
      printf -v value '%q' "$value"
    elif [[ $value == *[\'\"\\\$\`\!]* ]]; then
      continue
    fi
    COMPREPLY+=("$value")
  done <<<"$out"

  # Bash 3 of macOS has no compopt; it also offers files there.
  if ! type compopt &>/dev/null; then return; fi
  case $directive in
    4) compopt +o default +o bashdefault ;;
    16) compopt +o default -o dirnames ;;
  esac
}

complete -o bashdefault -o default -F _edge_upload edge-upload
