// When two types are the same to a caller across a C interface: pointers to the same, numbers of
// one size and kind, structs with the same fields. A void pointer agrees with every pointer, an
// enum with each integer of its size.
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

template <class T, std::size_t N> using Array = T[N];
template <class R, class... A> using Call = R (*)(A...);

template <class F> struct Genuine;
template <class R, class... A> struct Genuine<R(A...)> {
    using Result = R;
    static constexpr std::size_t count = sizeof...(A);
    // An argument too many is told by the count: here it agrees with nothing.
    struct None {};
    template <std::size_t I>
    using Argument = std::tuple_element_t<(I < count ? I : count), std::tuple<A..., None>>;
};
template <class F> struct Genuine<F *> : Genuine<F> {};

template <class R> struct Fields;
template <class T, class = void> struct IsComplete : std::false_type {};
template <class T> struct IsComplete<T, std::void_t<decltype(sizeof(T))>> : std::true_type {};

template <class G, class R> constexpr bool same();

template <class G, class R, std::size_t... I> constexpr bool same_arguments(std::index_sequence<I...>) {
    return (same<typename Genuine<G>::template Argument<I>, typename Genuine<R>::template Argument<I>>() && ...);
}

template <class G, class R> constexpr bool same_pointee() {
    if constexpr (std::is_void_v<G> || std::is_void_v<R>) {
        return true;
    } else if constexpr (std::is_function_v<G> && std::is_function_v<R>) {
        if constexpr (Genuine<G>::count == Genuine<R>::count)
            return same<typename Genuine<G>::Result, typename Genuine<R>::Result>() &&
                   same_arguments<G, R>(std::make_index_sequence<Genuine<G>::count>{});
        else
            return false;
    } else if constexpr (std::is_function_v<G> || std::is_function_v<R>) {
        return false;
    } else if constexpr (!IsComplete<G>::value) {
        return !IsComplete<R>::value;
    } else {
        return same<G, R>();
    }
}

template <class G, class R> constexpr bool same_struct() {
    if constexpr (sizeof(G) != sizeof(R)) {
        return false;
    } else if constexpr (std::is_class_v<G> && std::is_class_v<R>) {
        return alignof(G) == alignof(R) &&
               decltype(Fields<R>::compare(std::declval<G const &>(), std::declval<R const &>()))::value;
    } else {
        // Unions and arrays of bytes: only their size.
        return true;
    }
}

template <class Given, class Taken> constexpr bool same() {
    using G = std::remove_cv_t<std::remove_reference_t<Given>>;
    using R = std::remove_cv_t<std::remove_reference_t<Taken>>;
    if constexpr (std::is_void_v<G> || std::is_void_v<R>)
        return std::is_void_v<G> && std::is_void_v<R>;
    else if constexpr (std::is_pointer_v<G> && std::is_pointer_v<R>)
        return same_pointee<std::remove_cv_t<std::remove_pointer_t<G>>, std::remove_cv_t<std::remove_pointer_t<R>>>();
    else if constexpr (std::is_pointer_v<G> || std::is_pointer_v<R>)
        return false;
    else if constexpr (std::is_array_v<G> && std::is_array_v<R>)
        return std::extent_v<G> == std::extent_v<R> && same<std::remove_extent_t<G>, std::remove_extent_t<R>>();
    else if constexpr (std::is_class_v<G> || std::is_class_v<R> || std::is_union_v<G> || std::is_union_v<R> ||
                       std::is_array_v<G> || std::is_array_v<R>)
        return same_struct<G, R>();
    else
        return sizeof(G) == sizeof(R) && std::is_floating_point_v<G> == std::is_floating_point_v<R>;
}
