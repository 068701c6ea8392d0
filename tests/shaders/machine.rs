//! A machine that runs functions of a shader as naga reads them, statement by statement, in f32.

use super::*;
use naga::{
    BinaryOperator, Block, Function, GlobalVariable, Handle, MathFunction, Module, Statement,
    SwitchValue, UnaryOperator,
};
use std::collections::HashMap;

/// A value of the shader.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    F32(f32),
    U32(u32),
    I32(i32),
    Bool(bool),
    List(Vec<Value>),
    /// A place in a variable.
    Pointer(Variable, Vec<usize>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variable {
    Global(Handle<GlobalVariable>),
    Local(Handle<naga::LocalVariable>),
}

impl Value {
    fn index(&self) -> usize {
        match self {
            Self::U32(index) => *index as usize,
            Self::I32(index) => usize::try_from(*index).expect("an index from 0 on"),
            other => panic!("{other:?} is no index"),
        }
    }

    fn truth(&self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

pub struct Machine<'a> {
    pub module: &'a Module,
    pub globals: HashMap<Handle<GlobalVariable>, Value>,
}

/// One call of a function.
struct Frame<'a> {
    function: &'a Function,
    arguments: Vec<Value>,
    locals: HashMap<Handle<naga::LocalVariable>, Value>,
    /// What was worked out, which later statements do not change.
    known: HashMap<Handle<Expression>, Value>,
}

/// How a block ended.
enum End {
    Reached,
    Break,
    Continue,
    Return(Option<Value>),
}

fn zero(module: &Module, ty: Handle<naga::Type>) -> Value {
    use naga::{ArraySize, ScalarKind, TypeInner};
    match &module.types[ty].inner {
        TypeInner::Scalar(scalar) => match scalar.kind {
            ScalarKind::Float => Value::F32(0.0),
            ScalarKind::Uint => Value::U32(0),
            ScalarKind::Sint => Value::I32(0),
            ScalarKind::Bool => Value::Bool(false),
            other => panic!("{other:?}"),
        },
        TypeInner::Array {
            base,
            size: ArraySize::Constant(length),
            ..
        } => Value::List(vec![zero(module, *base); length.get() as usize]),
        TypeInner::Struct { members, .. } => Value::List(
            members
                .iter()
                .map(|member| zero(module, member.ty))
                .collect(),
        ),
        other => panic!("no variable is of {other:?} here"),
    }
}

fn literal(literal: Literal) -> Value {
    match literal {
        Literal::F32(value) => Value::F32(value),
        Literal::U32(value) => Value::U32(value),
        Literal::I32(value) => Value::I32(value),
        Literal::Bool(value) => Value::Bool(value),
        other => panic!("{other:?}"),
    }
}

fn binary(op: BinaryOperator, left: Value, right: Value) -> Value {
    use BinaryOperator as B;
    use Value::{Bool, F32, I32, U32};
    match (op, left, right) {
        (B::Add, F32(a), F32(b)) => F32(a + b),
        (B::Subtract, F32(a), F32(b)) => F32(a - b),
        (B::Multiply, F32(a), F32(b)) => F32(a * b),
        (B::Less, F32(a), F32(b)) => Bool(a < b),
        (B::LessEqual, F32(a), F32(b)) => Bool(a <= b),
        (B::Greater, F32(a), F32(b)) => Bool(a > b),
        (B::Equal, F32(a), F32(b)) => Bool(a == b),
        (B::NotEqual, F32(a), F32(b)) => Bool(a != b),
        (B::Equal, Bool(a), Bool(b)) => Bool(a == b),
        (B::Add, U32(a), U32(b)) => U32(a.wrapping_add(b)),
        (B::Subtract, U32(a), U32(b)) => U32(a.wrapping_sub(b)),
        (B::Multiply, U32(a), U32(b)) => U32(a.wrapping_mul(b)),
        (B::And, U32(a), U32(b)) => U32(a & b),
        (B::ShiftLeft, U32(a), U32(b)) => U32(a << b),
        (B::ShiftRight, U32(a), U32(b)) => U32(a >> b),
        (B::Less, U32(a), U32(b)) => Bool(a < b),
        (B::Equal, U32(a), U32(b)) => Bool(a == b),
        (B::Subtract, I32(a), I32(b)) => I32(a.wrapping_sub(b)),
        (op, left, right) => panic!("{left:?} {op:?} {right:?}"),
    }
}

impl<'a> Machine<'a> {
    /// What a function returns, if anything.
    pub fn call(&mut self, function: &'a Function, arguments: Vec<Value>) -> Option<Value> {
        let mut frame = Frame {
            function,
            arguments,
            locals: HashMap::new(),
            known: HashMap::new(),
        };
        for (at, local) in function.local_variables.iter() {
            let value = match local.init {
                Some(init) => self.value(&frame, init),
                None => zero(self.module, local.ty),
            };
            frame.locals.insert(at, value);
        }
        match self.run(&mut frame, &function.body) {
            End::Return(value) => value,
            _ => None,
        }
    }

    fn read(&self, frame: &Frame<'_>, variable: Variable, path: &[usize]) -> Value {
        let whole = match variable {
            Variable::Global(at) => &self.globals[&at],
            Variable::Local(at) => &frame.locals[&at],
        };
        let inner = |value: &'_ Value, step: &usize| match value {
            Value::List(values) => values[*step].clone(),
            other => panic!("{other:?} has no parts"),
        };
        path.iter()
            .fold(whole.clone(), |value, step| inner(&value, step))
    }

    fn write(&mut self, frame: &mut Frame<'_>, variable: Variable, path: &[usize], value: Value) {
        let mut place = match variable {
            Variable::Global(at) => self.globals.get_mut(&at).expect("a known variable"),
            Variable::Local(at) => frame.locals.get_mut(&at).expect("a known variable"),
        };
        for step in path {
            place = match place {
                Value::List(values) => &mut values[*step],
                other => panic!("{other:?} has no parts"),
            };
        }
        *place = value;
    }

    fn value(&self, frame: &Frame<'_>, at: Handle<Expression>) -> Value {
        if let Some(value) = frame.known.get(&at) {
            return value.clone();
        }
        let of = |at| self.value(frame, at);
        match frame.function.expressions[at] {
            Expression::Literal(value) => literal(value),
            Expression::Constant(constant) => {
                let init = self.module.constants[constant].init;
                match self.module.global_expressions[init] {
                    Expression::Literal(value) => literal(value),
                    ref other => panic!("{other:?}"),
                }
            }
            Expression::FunctionArgument(index) => frame.arguments[index as usize].clone(),
            Expression::GlobalVariable(at) => Value::Pointer(Variable::Global(at), Vec::new()),
            Expression::LocalVariable(at) => Value::Pointer(Variable::Local(at), Vec::new()),
            Expression::Access { base, index } => part(of(base), of(index).index()),
            Expression::AccessIndex { base, index } => part(of(base), index as usize),
            Expression::Load { pointer } => match of(pointer) {
                Value::Pointer(variable, path) => self.read(frame, variable, &path),
                other => panic!("{other:?} is no place"),
            },
            Expression::Select {
                condition,
                accept,
                reject,
            } => {
                // Both are worked out: neither has effects.
                let (yes, no) = (of(accept), of(reject));
                if of(condition).truth() { yes } else { no }
            }
            Expression::Unary {
                op: UnaryOperator::Negate,
                expr,
            } => match of(expr) {
                Value::F32(value) => Value::F32(-value),
                other => panic!("-{other:?}"),
            },
            Expression::Unary {
                op: UnaryOperator::LogicalNot,
                expr,
            } => Value::Bool(!of(expr).truth()),
            Expression::Binary { op, left, right } => binary(op, of(left), of(right)),
            Expression::Math {
                fun: MathFunction::Abs,
                arg,
                ..
            } => match of(arg) {
                Value::F32(value) => Value::F32(value.abs()),
                other => panic!("abs of {other:?}"),
            },
            Expression::Math {
                fun: MathFunction::Min,
                arg,
                arg1: Some(other),
                ..
            } => match (of(arg), of(other)) {
                (Value::F32(a), Value::F32(b)) => Value::F32(a.min(b)),
                (Value::U32(a), Value::U32(b)) => Value::U32(a.min(b)),
                other => panic!("min of {other:?}"),
            },
            Expression::As {
                expr,
                kind,
                convert,
            } => converted(of(expr), kind, convert.is_some()),
            ref other => panic!("{other:?} is not emulated"),
        }
    }

    fn run(&mut self, frame: &mut Frame<'a>, block: &'a Block) -> End {
        for statement in block.iter() {
            let end = self.step(frame, statement);
            if !matches!(end, End::Reached) {
                return end;
            }
        }
        End::Reached
    }

    fn step(&mut self, frame: &mut Frame<'a>, statement: &'a Statement) -> End {
        match statement {
            Statement::Emit(range) => {
                for at in range.clone() {
                    frame.known.remove(&at);
                    let value = self.value(frame, at);
                    frame.known.insert(at, value);
                }
            }
            Statement::Block(block) => return self.run(frame, block),
            Statement::If {
                condition,
                accept,
                reject,
            } => {
                let block = if self.value(frame, *condition).truth() {
                    accept
                } else {
                    reject
                };
                return self.run(frame, block);
            }
            Statement::Switch { selector, cases } => {
                let chosen = SwitchValue::U32(self.value(frame, *selector).index() as u32);
                let is = |value: SwitchValue| cases.iter().position(|case| case.value == value);
                let mut at = is(chosen)
                    .or_else(|| is(SwitchValue::Default))
                    .expect("a default");
                loop {
                    match self.run(frame, &cases[at].body) {
                        End::Reached if cases[at].fall_through => at += 1,
                        End::Reached | End::Break => return End::Reached,
                        end => return end,
                    }
                }
            }
            Statement::Loop {
                body,
                continuing,
                break_if,
            } => loop {
                match self.run(frame, body) {
                    End::Break => return End::Reached,
                    End::Return(value) => return End::Return(value),
                    End::Reached | End::Continue => {}
                }
                self.run(frame, continuing);
                if break_if.is_some_and(|condition| self.value(frame, condition).truth()) {
                    return End::Reached;
                }
            },
            Statement::Break => return End::Break,
            Statement::Continue => return End::Continue,
            Statement::Return { value } => {
                return End::Return(value.map(|value| self.value(frame, value)));
            }
            Statement::Store { pointer, value } => {
                let Value::Pointer(variable, path) = self.value(frame, *pointer) else {
                    panic!("a store to no place");
                };
                let value = self.value(frame, *value);
                self.write(frame, variable, &path, value);
            }
            Statement::Call {
                function,
                arguments,
                result,
            } => {
                let arguments = arguments.iter().map(|&at| self.value(frame, at)).collect();
                let value = self.call(&self.module.functions[*function], arguments);
                if let (Some(result), Some(value)) = (result, value) {
                    frame.known.insert(*result, value);
                }
            }
            other => panic!("{other:?} is not emulated"),
        }
        End::Reached
    }
}

fn part(whole: Value, index: usize) -> Value {
    match whole {
        Value::Pointer(variable, mut path) => {
            path.push(index);
            Value::Pointer(variable, path)
        }
        Value::List(values) => values[index].clone(),
        other => panic!("{other:?} has no parts"),
    }
}

fn converted(value: Value, kind: naga::ScalarKind, by_value: bool) -> Value {
    use naga::ScalarKind::{Float, Sint, Uint};
    match (value, kind, by_value) {
        (Value::U32(bits), Float, false) => Value::F32(f32::from_bits(bits)),
        (Value::F32(value), Uint, false) => Value::U32(value.to_bits()),
        (Value::U32(value), Float, true) => Value::F32(value as f32),
        (Value::I32(value), Float, true) => Value::F32(value as f32),
        (Value::F32(value), Sint, true) => Value::I32(value as i32),
        (Value::I32(value), Uint, true) => Value::U32(value as u32),
        (value, kind, by_value) => panic!("{value:?} as {kind:?}, {by_value}"),
    }
}
